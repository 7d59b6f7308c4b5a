// An application server on Express for the whole of a test file, and the hub settings that lead to it.

import { once } from "node:events";
import { WebPubSubEventHandler } from "@azure/web-pubsub-express";
import express from "express";
import { administratorToken, managementUrl } from "./endpoints.js";
import { eventually } from "./mailbox.js";

const HUBS = `${managementUrl}/hubs`;
const EVENTS = { userEventPattern: "*", systemEvents: ["connect", "connected", "disconnected"] };
const CONNECTED = "azure.webpubsub.sys.connected";
const DISCONNECTED = "azure.webpubsub.sys.disconnected";

export class ApplicationServer {
  #server;
  #open = new Set();
  app = express();

  static async start() {
    const started = new ApplicationServer();
    started.app.use((request, _, next) => started.#note(request, next));
    started.#server = started.app.listen(0, "127.0.0.1");
    await once(started.#server, "listening");
    return started;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** Lets the official middleware hear of a hub; `settings` are members of the event handler besides the usual ones. */
  async handle(hub, options, settings = {}) {
    const path = `/api/${hub}`;
    this.app.use(new WebPubSubEventHandler(hub, { path, ...options }).getMiddleware());
    await configure(hub, [{ urlTemplate: this.url + path, ...EVENTS, ...settings }]);
  }

  /** Stops when every connection that it heard of is over, so that no event comes to a closed door. */
  async stop() {
    await eventually(() => this.#open.size === 0);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #note(request, next) {
    const { "ce-type": type, "ce-connectionid": connectionId } = request.headers;
    if (type === CONNECTED) this.#open.add(connectionId);
    if (type === DISCONNECTED) this.#open.delete(connectionId);
    next();
  }
}

async function configure(hub, eventHandlers) {
  const response = await fetch(`${HUBS}/${hub}?api-version=2024-03-01`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${administratorToken}`, "Content-Type": "application/json" },
    body: JSON.stringify({ properties: { eventHandlers } }),
  });
  if (!response.ok) throw new Error(`hub settings: ${response.status} ${await response.text()}`);
}
