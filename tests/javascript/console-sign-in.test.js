// The ways into the console and out of it, and a console that only looks.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startChromium } from "./chromium.js";
import { ConsolePage, consoleUrl } from "./console-page.js";
import { administratorToken } from "./endpoints.js";
import { OwnServer } from "./own-server.js";

let browser;

before(async () => {
  browser = await startChromium();
});

after(async () => {
  await browser?.close();
});

async function newPage() {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(10_000);
  return page;
}

test("a wrong token is refused with a sentence, and the right one lets in", async () => {
  const page = await newPage();
  await page.goto(consoleUrl);
  await page.getByLabel("Administrator's token").fill("wrong");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  await page.getByLabel("Administrator's token").fill(administratorToken);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Hubs" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "Hubs" }).waitFor();
});

test("a link signs in once, and says so when it is spent", async () => {
  const answer = await fetch(`${consoleUrl}/linarite/console/links`, {
    method: "POST",
    headers: { Authorization: `Bearer ${administratorToken}` },
  });
  const { path } = await answer.json();
  const page = await newPage();
  await page.goto(consoleUrl + path);
  await page.getByRole("heading", { name: "Hubs" }).waitFor();
  assert.equal(new URL(page.url()).search, "");
  const other = await newPage();
  await other.goto(consoleUrl + path);
  await other.getByText("The link has been used already").waitFor();
});

test("whoever signs out is out, in the other tab too", async () => {
  const context = await browser.newContext();
  const [first, second] = [await context.newPage(), await context.newPage()];
  await first.goto(consoleUrl);
  await first.getByLabel("Administrator's token").fill(administratorToken);
  await first.getByRole("button", { name: "Sign in" }).click();
  await second.goto(consoleUrl);
  await second.getByRole("heading", { name: "Hubs" }).waitFor();
  await first.getByRole("button", { name: "Sign out" }).click();
  await first.getByLabel("Administrator's token").waitFor();
  await second.bringToFront();
  await second.getByLabel("Administrator's token").waitFor();
  await context.close();
});

test("a console that only looks offers nothing else", async () => {
  const server = await OwnServer.start("--console", "read");
  const console_ = await ConsolePage.open(browser, { url: server.url, token: server.administratorToken });
  const { page } = console_;
  await page.getByText("read-only").waitFor();
  assert.equal(await page.getByRole("link", { name: "Playground" }).count(), 0);
  await console_.goTo("settings/keys", /^Settings/);
  await page.getByText("A console that is read-only shows no keys.").waitFor();
  for (const room of [
    "hubs/chat",
    "settings/resource",
    "settings/hubs",
    "settings/diagnostics",
    "settings/resources",
  ]) {
    await console_.goTo(room, /^Settings|^Hub chat/);
    await page.getByText("Loading…").waitFor({ state: "detached" });
    const names = await page.locator("main").getByRole("button").allTextContents();
    assert.deepEqual(names, [], room);
  }
  await console_.close();
  await server.close();
});
