// The console's settings, which go by the management API, and the calls to the event handler that they make.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { startChromium } from "./chromium.js";
import { ConsolePage } from "./console-page.js";
import { OwnServer } from "./own-server.js";
import { JsonClient } from "./json-client.js";

const HOSTILE = "<script>alert(1)</script>";
let browser;
let server;
let handler;
let handlerUrl;
let console_;
let page;

before(async () => {
  browser = await startChromium();
  server = await OwnServer.start();
  handler = createServer((request, response) => {
    response.setHeader("WebHook-Allowed-Origin", "*");
    response.setHeader("Content-Type", "text/plain");
    response.setHeader("x-hostile", HOSTILE);
    request.resume().on("end", () => response.end(request.method === "POST" ? `answer ${HOSTILE}` : ""));
  });
  await once(handler.listen(0, "127.0.0.1"), "listening");
  handlerUrl = `http://127.0.0.1:${handler.address().port}`;
  console_ = await ConsolePage.open(browser, {
    url: server.url,
    token: server.administratorToken,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  page = console_.page;
});

after(async () => {
  handler.close();
  await browser?.close();
  await server?.close();
});

const room = (name) => console_.goTo(`settings/${name}`, /^Settings/);
const confirm = async (action, button = action) => {
  await page.getByRole("button", { name: button }).click();
  await page.getByRole("dialog").getByRole("button", { name: action }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
};
const clipboard = () => page.evaluate(() => navigator.clipboard.readText());

test("keys are hidden until they are asked for, and can be copied and made anew", async () => {
  await room("keys");
  assert.equal(await page.getByText("LinariteDevelopmentAccessKey").count(), 0);
  await page.getByRole("button", { name: "Copy the primary connection string" }).click();
  await page.getByText("Copied.").waitFor();
  assert.equal(await clipboard(), server.connectionString);
  await page.getByRole("button", { name: "Show the keys" }).click();
  const secondary = page.locator(".secret").filter({ hasText: "Secondary key" }).locator("code");
  const before = await secondary.textContent();
  await confirm("Regenerate the secondary key");
  await page.waitForFunction((old) => !document.body.textContent.includes(old), before);
  assert.notEqual(await secondary.textContent(), before);
});

test("an event handler is set, checked and told what is wrong with it", async () => {
  await room("hubs");
  await page.getByLabel("Another hub").fill("talk");
  await page.getByRole("button", { name: "Add settings" }).click();
  const settings = page.getByRole("region", { name: "Settings of hub talk" });
  await settings.getByRole("button", { name: "Add an event handler" }).click();
  await settings.getByLabel("URL template").fill("http://127.0.0.1:1/");
  await settings.getByRole("button", { name: "Save" }).click();
  await settings.getByText(/gets no events now/).waitFor();
  await settings.getByLabel("URL template").fill(`${handlerUrl}/{event}`);
  await settings.getByLabel("connect", { exact: true }).uncheck();
  await settings.getByLabel("Clients may come without a token").check();
  await settings.getByRole("button", { name: "Save" }).click();
  await settings.getByText("Every handler's endpoint allows events").waitFor();
  await page.reload();
  await settings.getByRole("button", { name: "Check the handlers" }).click();
  await settings.getByText("Every handler's endpoint allows events").waitFor();
  assert.ok(await settings.getByLabel("Clients may come without a token").isChecked());
});

test("a call to the handler is shown with request, reply and why it was made", async () => {
  const service = new WebPubSubServiceClient(server.connectionString, "talk", { allowInsecureConnection: true });
  const client = await JsonClient.connect(service, { userId: "ann" });
  client.send({ type: "event", event: "ask", ackId: 1, dataType: "text", data: `question ${HOSTILE}` });
  assert.match((await client.next()).data, /^answer/);
  client.close();
  await console_.goTo("webhooks", "Webhook calls");
  await console_
    .row("ask")
    .getByRole("button", { name: /^Show details/ })
    .click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("matches", { exact: true }).waitFor();
  assert.equal(await dialog.getByRole("region", { name: "Request body" }).textContent(), `question ${HOSTILE}`);
  assert.equal(await dialog.getByRole("region", { name: "Reply body" }).textContent(), `answer ${HOSTILE}`);
  await dialog.getByText(/^Reply headers/).click();
  await dialog.locator(".headers dd").getByText(HOSTILE).waitFor();
});

test("a call is made again, to another URL too", async () => {
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Another URL").fill(`${handlerUrl}/elsewhere`);
  await dialog.getByRole("button", { name: "Make the call again" }).click();
  await dialog.getByText(/made again\.$/).waitFor();
  await dialog.getByText(`${handlerUrl}/elsewhere`).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("tbody tr").nth(1).waitFor();
});

test("logs are sent to a workspace, and found there by a query", async () => {
  await room("diagnostics");
  await page.getByLabel("Name", { exact: true }).fill("all-logs");
  await page.getByLabel("Its name").fill("my-workspace");
  await page.getByRole("button", { name: "Save" }).click();
  await console_.row("workspace my-workspace").waitFor();
  const service = new WebPubSubServiceClient(server.connectionString, "talk", { allowInsecureConnection: true });
  await service.sendToAll("x", { contentType: "text/plain" });
  await console_.goTo("logs", "Resource logs");
  await page.getByLabel("From", { exact: true }).selectOption({ label: "Workspace my-workspace" });
  await page.getByLabel("Category").selectOption({ label: "HTTP requests" });
  await console_.row("HttpRequestEnded").waitFor();
  await service.sendToAll("y", { contentType: "text/plain" });
  await page.locator("tbody tr").filter({ hasText: "HttpRequestEnded" }).nth(1).waitFor();
  await page.getByLabel("Operation").fill("HttpRequestStarted");
  await page.waitForFunction(
    () => ![...document.querySelectorAll("tbody tr")].some((row) => row.textContent.includes("HttpRequestEnded")),
  );
  await room("diagnostics");
  await confirm("Delete", "Delete diagnostic setting all-logs");
  await page.getByText("No logs go anywhere.").waitFor();
});

test("the tier changes the quota, and access keys can be refused", async () => {
  await room("resource");
  await page.getByLabel("Units").selectOption("2");
  await page.getByRole("button", { name: "Change the tier" }).click();
  await page.getByText("The tier was changed.").waitFor();
  await page.reload();
  await page.waitForFunction(() => [...document.querySelectorAll("select")].some(({ value }) => value === "2"));
  await page.getByLabel("Tokens signed with access keys").click();
  await page.getByText("Access keys are refused.").waitFor();
  await page.getByLabel("Tokens signed with access keys").click();
  await page.getByText("Access keys are good again.").waitFor();
});

test("a resource is stopped, started and restarted", async () => {
  await confirm("Stop");
  await page.getByRole("button", { name: "Start", exact: true }).click();
  await page.getByText("The resource was started.").waitFor();
  await confirm("Restart");
  await page.getByText("The resource was restarted.").waitFor();
});

test("a resource is made, shown and deleted", async () => {
  await room("resources");
  await page.getByLabel("Name", { exact: true }).fill("second");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("button", { name: "Show resource second" }).click();
  await page.getByRole("heading", { level: 1, name: "Settings of second" }).waitFor();
  await confirm("Delete", "Delete resource second");
  await page.getByRole("heading", { level: 1, name: "Settings of linarite" }).waitFor();
});

test("the hub's settings are deleted", async () => {
  await room("hubs");
  await confirm("Delete the settings", "Delete the settings of hub talk");
  await page.getByText("No hub has settings yet").waitFor();
});

test("a server that is lost is told of, and comes back by itself", async () => {
  console_.expectOutage();
  await console_.goTo("hubs", "Hubs");
  await server.kill();
  await page.getByText("The server cannot be reached. Trying again…").first().waitFor();
  await server.start();
  await page.getByText("The server cannot be reached. Trying again…").waitFor({ state: "detached" });
  await page.getByText(/No hub has connections/).waitFor();
});

test("nothing forbidden happened", () => console_.close());
