// A hub that belongs to one test: other tests neither see it nor disturb it.

import { createHmac, randomUUID } from "node:crypto";

const TOKEN_SECONDS = 3600;
const RESOURCE =
  "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/linarite" +
  "/providers/Microsoft.SignalRService/webPubSub/linarite";

/** A hub with a name that nobody else has, and the server's controls for this hub alone. */
export class TestingHub {
  #controls;

  constructor(server) {
    this.name = `test_${randomUUID().replaceAll("-", "")}`;
    this.http = server.http;
    this.https = server.https;
    this.#controls = server.controls;
  }

  /** The http endpoint's, which needs no certificate. */
  get connectionString() {
    return this.http.connectionString;
  }

  /** The https endpoint's. */
  get httpsConnectionString() {
    return this.https.connectionString;
  }

  /** A URL by which a WebSocket client connects, good for an hour. */
  clientAccessUrl({ userId, roles = [], groups = [], endpoint = this.http } = {}) {
    const audience = `${endpoint.url}/client/hubs/${this.name}`;
    const claims = {
      aud: audience,
      exp: Math.floor(Date.now() / 1000) + TOKEN_SECONDS,
      ...(userId === undefined ? {} : { sub: userId }),
      ...(roles.length ? { role: roles } : {}),
      ...(groups.length ? { "webpubsub.group": groups } : {}),
    };
    const address = audience.replace(/^http/, "ws");
    return `${address}?access_token=${signed(claims, endpoint.key)}`;
  }

  /** Sends the hub's events to an event handler; every user and system event unless `handler` says less. */
  async handleEvents(urlTemplate, handler = {}) {
    const everything = { userEventPattern: "*", systemEvents: ["connect", "connected", "disconnected"] };
    const body = { properties: { eventHandlers: [{ urlTemplate, ...everything, ...handler }] } };
    const query = { "api-version": "2024-03-01" };
    await this.#controls.request("PUT", `${RESOURCE}/hubs/${this.name}`, { query, body });
  }

  /** The hub's connections. */
  connections(query) {
    return this.#controls.connections({ ...query, hub: this.name });
  }

  /** This moment, from which waiting for messages and events may count. */
  mark() {
    return this.#controls.mark();
  }

  /** How many connections the hub has, once they are as many as wished. */
  waitForConnections(query) {
    return this.#controls.waitForConnections({ ...query, hub: this.name });
  }

  /** The messages that were published in the hub since a mark, once they are so many. */
  waitForMessages(query) {
    return this.#controls.waitForMessages({ ...query, hub: this.name });
  }

  /** The hub's events that handlers have answered since a mark, once they are so many. */
  waitForEvents(query) {
    return this.#controls.waitForEvents({ ...query, hub: this.name });
  }

  /** Have something go wrong in this hub; it ends with the test at the latest, when the hub is reset. */
  fault(kind, members) {
    return this.#controls.fault(kind, { ...members, hub: this.name });
  }

  /** Close the hub's connections and forget everything about it. */
  reset() {
    return this.#controls.reset(this.name);
  }
}

/** A JSON Web Token with these claims (RFC 7519), signed with HS256 by an access key as it stands. */
function signed(claims, key) {
  const encoded = [{ alg: "HS256", typ: "JWT" }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString("base64url"),
  );
  const content = encoded.join(".");
  return `${content}.${createHmac("sha256", key).update(content).digest("base64url")}`;
}
