// The console for everybody: axe-core, narrow and dark screens, the keyboard.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { startChromium } from "./chromium.js";
import { ConsolePage } from "./console-page.js";
import { endpoints, uniqueHub } from "./endpoints.js";
import { JsonClient } from "./json-client.js";

// Evaluated by the debugger, so that the page's content security policy stays as it is.
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const [{ connectionString, options }] = endpoints;
const hub = uniqueHub();
let browser;
let client;

const ROOMS = [
  ["hubs", "Hubs"],
  [`hubs/${hub}`, `Hub ${hub}`],
  [`hubs/${hub}/groups`, `Hub ${hub}`],
  [`hubs/${hub}/users`, `Hub ${hub}`],
  ["live", "Live messages"],
  ["webhooks", "Webhook calls"],
  ["logs", "Resource logs"],
  ["charts", "Charts"],
  ["playground", "Playground"],
  ["settings", /^Settings/],
  ["settings/keys", /^Settings/],
  ["settings/hubs", /^Settings/],
  ["settings/diagnostics", /^Settings/],
  ["settings/resources", /^Settings/],
];

before(async () => {
  browser = await startChromium();
  const service = new WebPubSubServiceClient(connectionString, hub, options);
  client = await JsonClient.connect(service, { userId: "ann", groups: ["g"], roles: ["webpubsub.sendToGroup"] });
});

after(async () => {
  client.close();
  await browser?.close();
});

/** What axe-core finds, as one line each. */
async function findings(page) {
  const { violations } = await page.evaluate(`${AXE}; axe.run()`);
  return violations.map(({ id, impact, nodes }) => `${impact}: ${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

for (const { colorScheme, width } of [
  { colorScheme: "light", width: 1280 },
  { colorScheme: "dark", width: 360 },
]) {
  test(`axe-core finds nothing, and nothing sticks out: ${colorScheme}, ${width} pixels wide`, async () => {
    const console_ = await ConsolePage.open(browser, { viewport: { width, height: 800 }, colorScheme });
    const found = [];
    for (const [room, heading] of ROOMS) {
      const page = await console_.goTo(room, heading);
      await page.getByText("Loading…").waitFor({ state: "detached" });
      found.push(...(await findings(page)).map((finding) => `${room}: ${finding}`));
      if ((await overflow(page)) > 0) found.push(`${room}: wider than the screen`);
    }
    assert.deepEqual(found, []);
    await console_.close();
  });
}

test("axe-core finds nothing in dialogs and at the sign-in", async () => {
  const console_ = await ConsolePage.open(browser);
  const page = await console_.goTo(`hubs/${hub}`, `Hub ${hub}`);
  await page.getByRole("button", { name: /^Actions for connection/ }).click();
  assert.deepEqual(await findings(page), []);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByLabel("Administrator's token").waitFor();
  assert.deepEqual(await findings(page), []);
  await console_.close();
});

test("an action is done by the keyboard alone", async () => {
  const console_ = await ConsolePage.open(browser);
  const page = await console_.goTo(`hubs/${hub}`, `Hub ${hub}`);
  await page.getByRole("button", { name: `Actions for connection ${client.connectionId}` }).waitFor();
  const tabTo = async (name) => {
    for (let presses = 0; presses < 60; presses += 1) {
      await page.keyboard.press("Tab");
      const focused = await page.evaluate(
        () => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent,
      );
      if (focused === name) return;
    }
    assert.fail(`the keyboard does not reach ${name}`);
  };
  await page.keyboard.press("Tab");
  await tabTo(`Actions for connection ${client.connectionId}`);
  await page.keyboard.press("Enter");
  await page.getByLabel("Message").focus();
  await page.keyboard.type("typed");
  await tabTo("Send a message");
  await page.keyboard.press("Enter");
  assert.equal((await client.next()).data, "typed");
  await page.waitForFunction(
    (label) => document.activeElement?.getAttribute("aria-label") === label,
    `Actions for connection ${client.connectionId}`,
  );
  await console_.close();
});

test("the first stop of the keyboard leads past the ways to the rooms", async () => {
  const console_ = await ConsolePage.open(browser);
  const { page } = console_;
  await page.reload();
  await console_.heading("Hubs");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "MAIN");
  await console_.close();
});
