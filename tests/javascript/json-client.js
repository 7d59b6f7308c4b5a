// A client of the JSON protocols that has read its `connected` frame.

import WebSocket from "ws";
import { Mailbox, within } from "./mailbox.js";

export class JsonClient {
  #frames = new Mailbox();
  #socket;

  /** Connects with what `getClientAccessToken` takes. */
  static async connect(service, access, protocol = "json.webpubsub.azure.v1") {
    const { url } = await service.getClientAccessToken(access);
    const client = new JsonClient();
    client.#socket = new WebSocket(url, protocol);
    client.#socket.on("message", (data) => client.#frames.put(JSON.parse(data)));
    client.#socket.on("error", () => {}); // a refused connection is told by the frame that never comes
    client.connectionId = (await client.next()).connectionId;
    return client;
  }

  send(frame) {
    this.#socket.send(JSON.stringify(frame));
  }

  /** The next frame. */
  next() {
    return this.#frames.next();
  }

  /** The end of the socket. */
  closed() {
    return within(new Promise((resolve) => this.#socket.on("close", resolve)));
  }

  close() {
    this.#socket.terminate();
  }
}
