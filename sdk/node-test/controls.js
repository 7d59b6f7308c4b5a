// The endpoints for tests of a running server (docs/testing.md), as calls.

const PATH = "/linarite/development";
// What a wait may take on the server, and how much longer its answer may.
const WAIT_SECONDS = 10;
const ANSWER_SECONDS = 10;
const TIME_OVER = 504;

/** What a test waited for did not come in time; the text tells what there was instead. */
export class WaitFailed extends Error {
  name = "WaitFailed";
}

/** The server refused a call; the text is its own. */
export class CallFailed extends Error {
  name = "CallFailed";

  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Looks at a server, waits for it, resets it, and has things go wrong there. */
export class Controls {
  #endpoint;
  #credential;

  /** `credential` is the administrator's, which servers ask for that are not on this machine. */
  constructor(endpoint, credential) {
    this.#endpoint = endpoint.replace(/\/$/, "");
    this.#credential = credential;
  }

  /** The answer of one endpoint. */
  call(method, path, { query, body } = {}) {
    return this.request(method, PATH + path, { query, body });
  }

  /** The answer to a call of any path of the server, undefined if it has no body. */
  async request(method, path, { query = {}, body } = {}) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const url = new URL(this.#endpoint + path);
    for (const [name, value] of given) url.searchParams.set(name, String(value));
    const headers = {};
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (this.#credential !== undefined) headers.Authorization = `Bearer ${this.#credential}`;
    const seconds = ANSWER_SECONDS + Number(query.seconds ?? 0);
    const signal = AbortSignal.timeout(seconds * 1000);
    const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), signal });
    const text = await answer.text();
    if (answer.status === TIME_OVER && path.includes("/wait/")) {
      throw new WaitFailed(`waited for ${url.pathname} with ${JSON.stringify(query)}, got ${text}`);
    }
    if (!answer.ok) throw new CallFailed(answer.status, `${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  /** Counts by hub, and a mark. */
  state() {
    return this.call("GET", "/state");
  }

  /** This moment, from which waiting for messages and events may count. */
  async mark() {
    return (await this.state()).mark;
  }

  /** Connections, a thousand at most. */
  async connections(query) {
    return (await this.call("GET", "/connections", { query })).value;
  }

  /** How many connections there are, once they are as many as wished. */
  async waitForConnections(query) {
    return (await this.#wait("connections", query)).count;
  }

  /** The messages that were published since a mark, once they are so many. */
  async waitForMessages(query) {
    return (await this.#wait("messages", query)).value;
  }

  /** The events that handlers have answered since a mark, once they are so many. */
  async waitForEvents(query) {
    return (await this.#wait("events", query)).value;
  }

  /** Start anew: the whole server, or one hub. */
  reset(hub) {
    return this.call("POST", "/reset", { query: { hub } });
  }

  /** Have something go wrong until `end` is called or its time to live is over. */
  async fault(kind, members = {}) {
    const { number } = await this.call("POST", "/faults", { body: { kind, ...members } });
    return {
      number,
      records: async () => (await this.call("GET", "/faults/record", { query: { number } })).value,
      end: () => this.#end(number),
    };
  }

  #wait(what, query) {
    return this.call("GET", `/wait/${what}`, { query: { seconds: WAIT_SECONDS, ...query } });
  }

  async #end(number) {
    try {
      await this.call("DELETE", "/faults", { query: { number } });
    } catch (error) {
      if (!(error instanceof CallFailed) || error.status !== 404) throw error; // 404: it is over already
    }
  }
}
