// The console in Chromium, signed in, with an eye on what must never happen in it.

import assert from "node:assert/strict";
import { administratorToken, endpoints } from "./endpoints.js";

export const consoleUrl = new URL(/Endpoint=([^;]+)/.exec(endpoints[0].connectionString)[1]).origin;

export class ConsolePage {
  #problems = [];

  /** Opens the console and signs in; `options` are those of a browser context. */
  static async open(browser, { url = consoleUrl, token = administratorToken, ...options } = {}) {
    const console = new ConsolePage();
    console.url = url;
    console.context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    console.page = await console.context.newPage();
    console.page.setDefaultTimeout(10_000);
    console.#watch();
    await console.page.goto(url);
    await console.page.getByLabel("Administrator's token").fill(token);
    await console.page.getByRole("button", { name: "Sign in" }).click();
    await console.heading("Hubs");
    return console;
  }

  /** Goes to a room as by a link. */
  async goTo(room, heading) {
    await this.page.goto(`${this.url}/#/${room}`);
    await this.heading(heading);
    return this.page;
  }

  heading(name) {
    return this.page.getByRole("heading", { level: 1, name }).waitFor();
  }

  /** The row of a table that has a text. */
  row(text) {
    return this.page.getByRole("row").filter({ hasText: text });
  }

  /** The server may be gone for a while: what the browser says of it is no problem from now on. */
  expectOutage() {
    this.isOutageExpected = true;
  }

  /** Ends it; fails if a script threw, something was blocked, or a request left for another host. */
  async close() {
    await this.context.close();
    assert.deepEqual(this.#problems, []);
  }

  #watch() {
    const expected = (text) => / 401 /.test(text) || (this.isOutageExpected && /Failed to load resource/.test(text));
    this.page.on("pageerror", (error) => this.#problems.push(`thrown: ${error.message}`));
    this.page.on("dialog", (dialog) => (this.#problems.push(`a script runs: ${dialog.message()}`), dialog.dismiss()));
    this.page.on("console", (line) => {
      if (line.type() === "error" && !expected(line.text())) this.#problems.push(line.text());
    });
    this.page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== this.url && !["data:", "blob:"].includes(protocol))
        this.#problems.push(`left for ${request.url()}`);
    });
  }
}
