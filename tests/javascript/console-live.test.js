// What passes through a hub, as the console shows it: messages, counters, entries of the resource logs.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { startChromium } from "./chromium.js";
import { ConsolePage } from "./console-page.js";
import { endpoints, uniqueHub } from "./endpoints.js";
import { JsonClient } from "./json-client.js";

const [{ connectionString, options }] = endpoints;
const hub = uniqueHub();
const service = new WebPubSubServiceClient(connectionString, hub, options);
const access = { groups: ["g"], roles: ["webpubsub.sendToGroup"] };
let browser;
let console_;
let page;
let ann;
let bob;

before(async () => {
  browser = await startChromium();
  ann = await JsonClient.connect(service, { userId: "ann", ...access });
  bob = await JsonClient.connect(service, { userId: "bob", ...access });
  console_ = await ConsolePage.open(browser, { permissions: ["clipboard-read", "clipboard-write"] });
  page = console_.page;
});

after(async () => {
  ann.close();
  bob.close();
  await browser?.close();
});

const publish = (client, data, dataType = "text") => client.send({ type: "sendToGroup", group: "g", dataType, data });
const live = () =>
  page
    .getByRole("status")
    .filter({ hasText: /^Live$/ })
    .waitFor();
const rows = (text) => page.locator("tbody tr").filter({ hasText: text });

test("messages pass by, both ways, and markup in them is text", async () => {
  await console_.goTo(`live?hub=${hub}`, "Live messages");
  await live();
  publish(ann, "<img src=x onerror=alert(1)>");
  await rows("<img src=x").nth(1).waitFor();
  const ways = await rows("<img src=x").evaluateAll((all) =>
    all.map((row) => [row.cells[1].textContent, row.cells[3].textContent]),
  );
  assert.deepEqual(ways.sort(), [
    ["in", "ann"],
    ["out", "2 connections"],
  ]);
  assert.equal(await page.locator("main img").count(), 0);
});

test("a filter of the address lets through what it says", async () => {
  await console_.goTo(`live?hub=${hub}&direction=in&type=json&user=bob`, "Live messages");
  await live();
  publish(ann, { wrong: "sender" }, "json");
  publish(bob, "wrong type");
  publish(bob, { right: true }, "json");
  await rows('"right":true').waitFor();
  assert.equal(await page.locator("tbody tr").count(), 1);
});

test("a message is looked at decoded and raw, and copied as a test vector", async () => {
  await console_.goTo(`live?hub=${hub}&direction=out`, "Live messages");
  await live();
  publish(ann, { n: [1, 2] }, "json");
  await rows('{"n":[1,2]}').getByRole("button").click();
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByRole("region", { name: "Data" }).textContent(), '{\n  "n": [\n    1,\n    2\n  ]\n}');
  await dialog.getByRole("button", { name: "Raw frame" }).click();
  const frame = await dialog.getByRole("region", { name: "Frame" }).textContent();
  assert.deepEqual(JSON.parse(frame).data, { n: [1, 2] });
  await dialog.getByRole("button", { name: "Copy as a test vector" }).click();
  await page.getByText("Copied.").waitFor();
  const vector = JSON.parse(await page.evaluate(() => navigator.clipboard.readText()));
  assert.deepEqual(
    [vector.direction, vector.group, vector.data, vector.frame],
    ["out", "g", { text: '{"n":[1,2]}' }, { text: frame }],
  );
  await page.keyboard.press("Escape");
});

test("while it is paused nothing moves", async () => {
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("status").filter({ hasText: "Paused" }).waitFor();
  publish(ann, "unseen");
  await bobHears("unseen");
  await page.getByRole("button", { name: "Go on" }).click();
  await live();
  publish(ann, "seen");
  await rows("seen").first().waitFor();
  assert.equal(await rows("unseen").count(), 0);
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByText("Nothing has passed yet").waitFor();
});

test("messages of any size and content are shown as far as there is room", async () => {
  await console_.goTo(`live?hub=${hub}&direction=in`, "Live messages");
  await live();
  publish(ann, "x".repeat(900_000));
  publish(ann, "\u202Eabc\u0000");
  publish(ann, "AAECAw==", "binary");
  await rows("879 KiB").waitFor();
  await rows("\\u{202E}abc\\u{0}").waitFor();
  await rows("binary").getByRole("button").click();
  await page.getByRole("dialog").getByText("000000  00 01 02 03").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(
    await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    0,
  );
});

test("half of a surrogate pair breaks no list", async () => {
  const mallory = await JsonClient.connect(service, { userId: "mallory", ...access });
  publish(mallory, "\uD800");
  await mallory.closed();
  publish(ann, "still here");
  await rows("still here").waitFor();
});

test("more than fits is sampled, and how much was left out is said", async () => {
  await console_.goTo(`live?hub=${hub}`, "Live messages");
  await live();
  for (let number = 0; number < 3000; number += 1) publish(ann, `flood ${number}`);
  await page.getByText(/left out: more came than is shown/).waitFor();
  assert.ok((await page.locator("tbody tr").count()) <= 500);
});

test("a page that nobody sees watches nothing, and goes on when it is seen", async () => {
  await console_.goTo(`live?hub=${hub}&direction=in`, "Live messages");
  await live();
  const isFeed = (request) => request.url().includes("/console/api/feed");
  const see = (isHidden) =>
    page.evaluate((value) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
      document.dispatchEvent(new Event("visibilitychange"));
    }, isHidden);
  const ended = page.waitForEvent("requestfailed", isFeed);
  await see(true);
  await ended;
  const opened = page.waitForEvent("request", isFeed);
  await see(false);
  await opened;
  await live();
  publish(ann, "back again");
  await rows("back again").waitFor();
});

test("charts tell their last numbers in words", async () => {
  await console_.goTo("charts", "Charts");
  const figure = page.getByRole("figure").filter({ hasText: "Messages a second" });
  const talking = setInterval(() => publish(ann, "talk"), 20);
  await figure.getByText(/from clients [1-9]/).waitFor();
  await figure.getByText(/to clients [1-9]/).waitFor();
  clearInterval(talking);
  assert.equal(await page.getByRole("figure").count(), 5);
  assert.ok((await page.locator("canvas").count()) >= 4);
});

test("entries of the resource logs come as they are made", async () => {
  await console_.goTo("logs", "Resource logs");
  await live();
  const carol = await JsonClient.connect(service, { userId: "carol <b>" });
  await rows("carol <b>").filter({ hasText: "ConnectionStarted" }).getByRole("button").click();
  await page.getByRole("dialog").getByText(carol.connectionId).waitFor();
  await page.keyboard.press("Escape");
  await page.getByLabel("User").fill("nobody");
  await page.getByText("No entries.").waitFor();
  carol.close();
});

test("why there is no feed is said, and it comes once there is room", async () => {
  console_.expectOutage(); // refused feeds, which the browser tells as errors
  await console_.goTo("hubs", "Hubs");
  await page.evaluate(async () => {
    window.others = new AbortController();
    const open = { headers: { "X-Linarite-Console": "1" }, signal: window.others.signal };
    await Promise.all([1, 2, 3, 4].map(() => fetch("/console/api/feed", open)));
  });
  await console_.goTo("charts", "Charts");
  await page.getByRole("status").filter({ hasText: "Trying again…" }).waitFor();
  await page.evaluate(() => window.others.abort());
  await live();
});

test("nothing forbidden happened", () => console_.close());

async function bobHears(text) {
  while ((await bob.next()).data !== text);
}
