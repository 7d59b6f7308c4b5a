// `linarite dev` as a process of its own, with a data folder of its own, on free ports.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Controls } from "./controls.js";
import { TestingHub } from "./hub.js";

const DEVELOPMENT_KEY = "LinariteDevelopmentAccessKeyNotForProduction";
const READY_SECONDS = 30;
const STOP_SECONDS = 10;
const READY = /^Linarite .* is ready$/m;
const OPTIONS = ["--port", "0", "--tls-port", "0", "--drain-seconds", "0"];

/** A server; `start` it and `stop` it, or leave that to `useServer`. */
export class DevelopmentServer {
  #command;
  #arguments;
  #folder;
  #process;
  #output = "";
  #killAtExit = () => this.#process?.kill("SIGKILL");

  /** `command` starts Linarite, `["linarite"]` if it is left out; `arguments` are those of `linarite dev`. */
  constructor({ command = ["linarite"], arguments: given = [] } = {}) {
    this.#command = command;
    this.#arguments = given;
  }

  /** Returns when clients may come. */
  async start() {
    this.#folder = await mkdtemp(join(tmpdir(), "linarite-test-"));
    this.dataFolder = join(this.#folder, "data");
    const [file, ...words] = this.#command;
    const all = [...words, "dev", ...OPTIONS, ...this.#arguments, "--data-folder", this.dataFolder];
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("LINARITE_"));
    this.#process = spawn(file, all, { env: Object.fromEntries(inherited), stdio: ["ignore", "pipe", "pipe"] });
    process.once("exit", this.#killAtExit);
    try {
      await this.#ready();
      await this.#lookAround();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Stops it in good order; one that does not stop is killed. */
  async stop() {
    const child = this.#process;
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_SECONDS * 1000);
      await ended;
      clearTimeout(timer);
    }
    process.off("exit", this.#killAtExit);
    this.#process = undefined;
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
  }

  /** A new hub; with the context of a test it is reset when the test ends. */
  hub(context) {
    const hub = new TestingHub(this);
    context?.after(() => hub.reset());
    return hub;
  }

  /** Variables by which programs that a test starts find and trust the server. */
  environment() {
    const certificates = join(this.dataFolder, "certificates");
    return {
      WebPubSubConnectionString: this.http.connectionString,
      WEBPUBSUB_CONNECTION_STRING: this.http.connectionString,
      LINARITE_CONNECTION_STRING: this.http.connectionString,
      LINARITE_DATA_FOLDER: this.dataFolder,
      NODE_EXTRA_CA_CERTS: join(certificates, "authority.pem"),
      REQUESTS_CA_BUNDLE: join(certificates, "bundle.pem"),
      SSL_CERT_FILE: join(certificates, "bundle.pem"),
    };
  }

  #ready() {
    const child = this.#process;
    return new Promise((resolve, reject) => {
      const fail = (what) => reject(new Error(`linarite dev ${what}:\n${this.#output.slice(-4000)}`));
      const timer = setTimeout(() => fail(`is not ready after ${READY_SECONDS} s`), READY_SECONDS * 1000);
      const hear = (text) => {
        // Bounded: once it is ready, nobody asks for what it printed.
        this.#output = (this.#output + text).slice(-64_000);
        if (READY.test(this.#output)) {
          clearTimeout(timer);
          resolve();
        }
      };
      child.stdout.setEncoding("utf8").on("data", hear);
      child.stderr.setEncoding("utf8").on("data", hear);
      child.once("error", (error) => {
        clearTimeout(timer);
        fail(`could not be started (${error.message}); is it installed?`);
      });
      child.once("close", (code) => {
        clearTimeout(timer);
        fail(`ended with ${code} before it was ready`);
      });
    });
  }

  async #lookAround() {
    const read = (...names) => readFile(join(this.dataFolder, ...names), "utf8");
    const facts = JSON.parse(await read("server.json"));
    const ca = await read("certificates", "authority.pem");
    this.http = endpoint(facts.http);
    this.https = endpoint(facts.https, ca);
    this.controls = new Controls(facts.http, (await read("administrator-token")).trim());
  }
}

/** One address of a server; `ca` is what clients of an https address have to trust. */
function endpoint(url, ca) {
  return { url, key: DEVELOPMENT_KEY, ca, connectionString: `Endpoint=${url};AccessKey=${DEVELOPMENT_KEY};Version=1.0;` };
}
