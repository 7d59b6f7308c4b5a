// The console's hubs: lists, search and pages of what is there, and what can be done from a row.

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
const clients = [];
let browser;
let console_;

before(async () => {
  browser = await startChromium();
  for (let number = 0; number < 120; number += 1) {
    const name = String(number).padStart(3, "0");
    const access = { userId: `user-${name}`, groups: ["all", `group-${name}`], roles: ["webpubsub.sendToGroup.room"] };
    clients.push(await JsonClient.connect(service, access));
  }
});

after(async () => {
  clients.forEach((client) => client.close());
  await browser?.close();
});

test("a hub is listed with its numbers, and leads to its connections", async () => {
  console_ = await ConsolePage.open(browser);
  const { page } = console_;
  await page.getByLabel("Search hubs").fill(hub);
  assert.deepEqual(await console_.row(hub).getByRole("cell").allTextContents(), [hub, "120", "120", "121", "0"]);
  await page.getByRole("link", { name: hub }).click();
  await console_.heading(`Hub ${hub}`);
  await page.getByText("120 in all").waitFor();
});

test("connections are shown by pages, newest first", async () => {
  const { page } = console_;
  const rows = page.getByRole("row", { name: /user-/ });
  assert.equal(await rows.count(), 50);
  assert.match(await rows.first().textContent(), /user-119/);
  await page.getByRole("button", { name: "Next" }).click();
  await console_.row("user-069").waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await console_.row("user-000").waitFor();
  assert.equal(await rows.count(), 20);
  assert.ok(await page.getByRole("button", { name: "Next" }).isDisabled());
  await page.getByRole("button", { name: "Previous" }).click();
  await console_.row("user-069").waitFor();
});

test("a search finds a connection by its user", async () => {
  const { page } = console_;
  await page.getByLabel("Search connections").fill("USER-042");
  await page.getByText("1 found").waitFor();
  assert.equal(await page.getByRole("row", { name: /user-/ }).count(), 1);
});

test("a row's actions send, grant, add to a group and close", async () => {
  const { page } = console_;
  const client = clients[42];
  const act = async (action, fields) => {
    await page.getByRole("button", { name: `Actions for connection ${client.connectionId}` }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Action").selectOption({ label: action });
    for (const [label, text] of Object.entries(fields)) await dialog.getByLabel(label).fill(text);
    await dialog.getByRole("button", { name: action, exact: true }).click();
    await dialog.waitFor({ state: "detached" });
  };

  await act("Send a message", { Message: "to you <b>alone</b>" });
  assert.equal((await client.next()).data, "to you <b>alone</b>");

  await act("Grant a permission", { Group: "g" });
  client.send({ type: "sendToGroup", group: "g", ackId: 1, dataType: "text", data: "x" });
  assert.deepEqual(await client.next(), { type: "ack", ackId: 1, success: true });

  await act("Add to a group", { Group: "g" });
  client.send({ type: "sendToGroup", group: "g", ackId: 2, dataType: "text", data: "x" });
  assert.equal((await client.next()).group, "g");
  await client.next();

  await act("Close", { Reason: "enough" });
  assert.match((await client.next()).message, /enough/);
  await page.getByText("Nothing fits the search.").waitFor();
});

test("what is wrong with an action is said in its dialog, and the focus comes back", async () => {
  const { page } = console_;
  await page.getByLabel("Search connections").fill("user-007");
  const button = page.getByRole("button", { name: `Actions for connection ${clients[7].connectionId}` });
  await button.click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Type").selectOption({ label: "JSON" });
  await dialog.getByLabel("Message").fill("{");
  await dialog.getByRole("button", { name: "Send a message" }).click();
  await dialog.getByRole("alert").filter({ hasText: "no JSON" }).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await page.waitForFunction(() => document.activeElement?.textContent === "Actions…");
});

test("groups and users are listed, and lead to their connections", async () => {
  const { page } = console_;
  await page.getByRole("link", { name: "Groups", exact: true }).click();
  await page.getByLabel("Search groups").fill("group-003");
  await page.getByRole("link", { name: "group-003" }).click();
  await console_.heading("Group group-003");
  await console_.row("user-003").waitFor();
  await page.goBack();
  await page.getByRole("link", { name: "Users", exact: true }).click();
  await page.getByLabel("Search users").fill("user-011");
  await page.getByRole("link", { name: "user-011" }).click();
  await console_.heading("User user-011");
  await console_.row(clients[11].connectionId).waitFor();
});

test("a connection's page tells its groups and permissions", async () => {
  const { page } = console_;
  await page.getByRole("link", { name: clients[11].connectionId }).click();
  await console_.heading(`Connection ${clients[11].connectionId}`);
  await page.getByRole("link", { name: "group-011" }).waitFor();
  const permission = page.getByRole("table", { name: "Permissions" }).getByRole("row").last();
  assert.deepEqual(await permission.getByRole("cell").allTextContents(), ["sendToGroup", "no", "room", "none", "0"]);
});

test("a message to a group and to the whole hub arrives", async () => {
  const { page } = console_;
  const send = async (text) => {
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Message").fill(text);
    await dialog.getByRole("button", { name: "Send a message" }).click();
    await dialog.waitFor({ state: "detached" });
  };
  await console_.goTo(`hubs/${hub}/groups`, `Hub ${hub}`);
  await page.getByLabel("Search groups").fill("group-020");
  await page.getByRole("button", { name: "Actions for group group-020" }).click();
  await send("to twenty");
  assert.equal((await clients[20].next()).data, "to twenty");
  await page.getByRole("button", { name: `Actions for all of hub ${hub}` }).click();
  await send("to all");
  assert.equal((await clients[21].next()).data, "to all");
});

test("nothing forbidden happened", () => console_.close());
