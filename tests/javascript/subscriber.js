// A plain WebSocket client of one hub, on `ws`: what it hears is kept until it is asked for.

import { once } from "node:events";
import { WebSocket } from "ws";
import { Mailbox, within } from "./mailbox.js";

export class Subscriber {
  #socket;
  #frames = new Mailbox();
  #ended = new Mailbox();
  connected;

  /** Opens a client access URL; a JSON client has read its `connected` frame when this resolves. */
  static async open(url, subprotocol = "json.webpubsub.azure.v1") {
    const subscriber = new Subscriber(new WebSocket(url, subprotocol ? [subprotocol] : []));
    await within(once(subscriber.#socket, "open"));
    if (subprotocol?.startsWith("json.")) subscriber.connected = await subscriber.message();
    return subscriber;
  }

  constructor(socket) {
    this.#socket = socket;
    socket.on("message", (data, isBinary) => this.#frames.put(isBinary ? data : data.toString()));
    socket.on("close", (code, reason) => this.#ended.put([code, reason.toString()]));
  }

  get connectionId() {
    return this.connected.connectionId;
  }

  /** Gives the next frame: text as a string, binary as a Buffer. */
  frame() {
    return this.#frames.next();
  }

  /** Gives the next frame of a JSON client. */
  async message() {
    return JSON.parse(await this.frame());
  }

  /** Sends text and bytes as they are, anything else as JSON. */
  send(frame) {
    const isRaw = typeof frame === "string" || frame instanceof Uint8Array;
    this.#socket.send(isRaw ? frame : JSON.stringify(frame));
  }

  /** Gives the close code and reason, once the connection is closed. */
  closed() {
    return this.#ended.next();
  }

  close() {
    this.#socket.close();
  }
}
