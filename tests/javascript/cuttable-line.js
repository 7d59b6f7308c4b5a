// A line to the server that a test cuts: TCP connections that are passed on until they are ended without a word.

import { once } from "node:events";
import { connect, createServer } from "node:net";

export class CuttableLine {
  #listener;
  #links = new Set();
  #refuses = false;

  /** Opens a line to where a connection string leads; `connectionString` leads there by way of the line. */
  static async open(connectionString) {
    const line = new CuttableLine();
    const { hostname, port, origin, protocol } = new URL(/Endpoint=([^;]+)/.exec(connectionString)[1]);
    line.#listener = createServer((client) => line.#pass(client, Number(port), hostname));
    line.#listener.listen(0, "127.0.0.1");
    await once(line.#listener, "listening");
    line.connectionString = connectionString.replace(origin, `${protocol}//localhost:${line.#listener.address().port}`);
    return line;
  }

  /** Ends every connection without a word. */
  cut() {
    for (const { client, server } of this.#links) {
      client.destroy();
      server.destroy();
    }
  }

  /** Ends the clients' sides only: the server does not hear of it. */
  lose() {
    for (const link of this.#links) {
      link.isHalfOpen = true;
      link.client.destroy();
    }
  }

  /** Keeps what the server says from now on from the clients that are connected now. */
  mute() {
    for (const { client, server } of this.#links) server.unpipe(client);
  }

  /** Ends every connection, and each new one at once, until `mend`. */
  break() {
    this.#refuses = true;
    this.cut();
  }

  mend() {
    this.#refuses = false;
  }

  close() {
    this.#listener.close();
    this.cut();
  }

  #pass(client, port, host) {
    if (this.#refuses) {
      client.destroy();
      return;
    }
    const link = { client, server: connect(port, host), isHalfOpen: false };
    this.#links.add(link);
    client.pipe(link.server).pipe(client);
    for (const socket of [client, link.server]) {
      socket.on("error", () => {});
      socket.on("close", () => this.#end(link, socket));
    }
  }

  #end(link, closed) {
    if (link.isHalfOpen && closed === link.client) return;
    this.#links.delete(link);
    link.client.destroy();
    link.server.destroy();
  }
}
