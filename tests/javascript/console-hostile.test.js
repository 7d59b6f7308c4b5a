// Names and messages made to break out of their place: they are shown as text, and change nothing else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { startChromium } from "./chromium.js";
import { ConsolePage } from "./console-page.js";
import { endpoints, uniqueHub } from "./endpoints.js";
import { JsonClient } from "./json-client.js";

const NAMES = [
  "<img src=x onerror=alert(1)>",
  "</td></table></main><script>alert(2)</script>",
  "\"'><svg onload=alert(3)>",
  "javascript:alert(4)",
  "\u202Etxt.exe\u2066\u2067abc",
  "\u0000\u0007\u001b[31m",
  "a/b?c#d%2e%2e%2f../..",
  "{{7*7}} ${7*7} `x`",
  "x".repeat(900),
  "Z\u0300\u0301\u0302\u0303\u0304\u0305".repeat(40),
  "__proto__",
  "constructor",
  "\uFEFF\u200B",
];

const [{ connectionString, options }] = endpoints;
const hub = uniqueHub();
const service = new WebPubSubServiceClient(connectionString, hub, options);
const clients = [];
let browser;
let console_;
let page;

before(async () => {
  browser = await startChromium();
  for (const name of NAMES) {
    clients.push(await JsonClient.connect(service, { userId: name, groups: [name], roles: ["webpubsub.sendToGroup"] }));
  }
  console_ = await ConsolePage.open(browser);
  page = console_.page;
});

after(async () => {
  clients.forEach((client) => client.close());
  await browser?.close();
});

/** What markup in a name could have made, and whether the page is as wide as it was. */
async function assertUntouched() {
  assert.equal(await page.locator("main img, main svg, main script, main iframe").count(), 0);
  assert.equal(
    await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    0,
  );
  assert.equal(await page.getByRole("navigation", { name: "Rooms" }).count(), 1);
}

/** Numbers stand for what cannot be seen. */
const shown = (name) =>
  name.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu,
    (one) => `\\u{${one.codePointAt(0).toString(16).toUpperCase()}}`,
  );

for (const [tab, kind] of [
  ["users", "User"],
  ["groups", "Group"],
]) {
  test(`${tab} of any name are listed as text, and each leads to its own page`, async () => {
    for (const name of NAMES) {
      await console_.goTo(`hubs/${hub}/${tab}`, `Hub ${hub}`);
      await page
        .locator("tbody tr")
        .nth(NAMES.length - 1)
        .waitFor();
      await assertUntouched();
      const link = page.locator("tbody a").nth(NAMES.indexOf(name));
      const text = await link.textContent();
      await link.click();
      await page.getByRole("heading", { level: 1, name: new RegExp(`^${kind} `) }).waitFor();
      assert.equal(text, await page.locator("h1 .outside").textContent());
      await page.getByRole("button", { name: /^Actions for connection/ }).waitFor();
      await assertUntouched();
    }
  });
}

test("what cannot be seen is shown by its number, and no direction gets out", async () => {
  await console_.goTo(`hubs/${hub}/users`, `Hub ${hub}`);
  await page
    .locator("tbody tr")
    .nth(NAMES.length - 1)
    .waitFor();
  const texts = await page.locator("tbody a").allTextContents();
  for (const name of NAMES.filter(({ length }) => length < 200)) assert.ok(texts.includes(shown(name)), name);
  const directions = await page
    .locator("tbody a .outside")
    .evaluateAll((all) => all.map((one) => getComputedStyle(one).unicodeBidi));
  assert.deepEqual([...new Set(directions)], ["isolate"]);
});

test("actions reach exactly the one that is named", async () => {
  for (const [index, name] of NAMES.entries()) {
    await console_.goTo(`hubs/${hub}/groups`, `Hub ${hub}`);
    await page.locator("tbody tr").nth(index).getByRole("button").click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Message").fill(`to ${index}`);
    await dialog.getByRole("button", { name: "Send a message" }).click();
    await dialog.waitFor({ state: "detached" });
    const message = await clients[index].next();
    assert.deepEqual([message.group, message.data], [name, `to ${index}`]);
  }
});

test("a connection's page, and the search for a name, hold", async () => {
  await console_.goTo(`hubs/${hub}`, `Hub ${hub}`);
  await page.getByLabel("Search connections").fill("<img src=x");
  await page.getByText("1 found").waitFor();
  await assertUntouched();
  await page.getByRole("link", { name: clients[0].connectionId }).click();
  await page.getByRole("heading", { name: "Permissions" }).waitFor();
  await assertUntouched();
});

test("nothing forbidden happened", () => console_.close());
