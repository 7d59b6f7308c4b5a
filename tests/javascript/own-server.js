// A development server of a test's own, which it kills and starts again at the same address.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { required } from "./endpoints.js";
import { eventually } from "./mailbox.js";

const PYTHON = required("LINARITE_PYTHON");
const ACCESS_KEY = /AccessKey=([^;]+)/.exec(required("LINARITE_HTTP_CONNECTION_STRING"))[1];

export class OwnServer {
  #folder = mkdtempSync(join(tmpdir(), "linarite-"));
  #settings;
  #process;

  /** Starts a server with settings as on its command line. */
  static async start(...settings) {
    const server = new OwnServer();
    server.#settings = settings;
    await server.start("0");
    return server;
  }

  get url() {
    return this.#facts.http;
  }

  get administratorToken() {
    return readFileSync(join(this.#folder, "administrator-token"), "utf8").trim();
  }

  get connectionString() {
    return `Endpoint=${this.#facts.http};AccessKey=${ACCESS_KEY};Version=1.0;`;
  }

  /** Starts it again, by default where it was. */
  async start(port = new URL(this.#facts.http).port) {
    const command = ["-m", "linarite", "dev", "--port", port, "--tls-port", "none", "--data-folder", this.#folder];
    this.#process = spawn(PYTHON, [...command, ...this.#settings], { stdio: "ignore" });
    await eventually(() => this.#facts?.pid === this.#process.pid);
  }

  async kill() {
    this.#process.kill("SIGKILL");
    await once(this.#process, "exit");
  }

  async close() {
    await this.kill();
    rmSync(this.#folder, { recursive: true });
  }

  /** What the server wrote when it was ready. */
  get #facts() {
    const file = join(this.#folder, "server.json");
    return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
  }
}
