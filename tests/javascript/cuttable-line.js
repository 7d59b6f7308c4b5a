// A line to the server that a test cuts: TCP connections that are passed on until they are ended without a word.

import { once } from "node:events";
import { connect, createServer } from "node:net";

export class CuttableLine {
  #listener;
  #sockets = new Set();
  #refuses = false;

  /** Opens a line to where a connection string leads; `connectionString` leads there by way of the line. */
  static async open(connectionString) {
    const line = new CuttableLine();
    const { hostname, port, origin } = new URL(/Endpoint=([^;]+)/.exec(connectionString)[1]);
    line.#listener = createServer((client) => line.#pass(client, Number(port), hostname));
    line.#listener.listen(0, "127.0.0.1");
    await once(line.#listener, "listening");
    line.connectionString = connectionString.replace(origin, `http://localhost:${line.#listener.address().port}`);
    return line;
  }

  /** Ends every connection without a word. */
  cut() {
    for (const socket of this.#sockets) socket.resetAndDestroy();
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
      client.resetAndDestroy();
      return;
    }
    const server = connect(port, host);
    for (const [one, other] of [
      [client, server],
      [server, client],
    ]) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on("error", () => {});
      one.on("close", () => this.#sockets.delete(one) && other.destroy());
    }
  }
}
