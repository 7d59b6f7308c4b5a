// The console's playground: each protocol that a browser can speak, on a real server.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { startChromium } from "./chromium.js";
import { ConsolePage } from "./console-page.js";
import { required, uniqueHub } from "./endpoints.js";

const hub = uniqueHub();
let browser;
let console_;
let page;

before(async () => {
  browser = await startChromium();
  console_ = await ConsolePage.open(browser);
  page = await console_.goTo("playground", "Playground");
  await page.getByLabel("Hub", { exact: true }).fill(hub);
  await page.getByLabel("User", { exact: true }).fill("ann");
  await page.getByLabel("Groups, separated").fill("lobby, room");
  await page.getByRole("button", { name: "Make the URL" }).click();
  await page.getByLabel("Protocol").waitFor();
});

after(async () => {
  await browser?.close();
});

const frames = () => page.getByRole("log", { name: "Frames" });
const heard = (text) => frames().getByText(text).first().waitFor();

async function connect(protocol) {
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByLabel("Protocol").selectOption({ label: protocol });
  await page.getByRole("button", { name: /^Connect/ }).click();
  await page
    .getByRole("status")
    .filter({ hasText: /^Connected/ })
    .waitFor();
}

async function send(what, fields = {}) {
  if (what) await page.getByLabel("What").selectOption({ label: what });
  for (const [label, text] of Object.entries(fields)) {
    const field = page.getByLabel(label, { exact: true }).last();
    if (label === "Type") await field.selectOption({ label: text });
    else await field.fill(text);
  }
  await page.getByRole("button", { name: "Send", exact: true }).click();
}

test("the token is shown claim by claim, and passes its checks", async () => {
  await page.getByText("What the token says").click();
  const checks = page.getByRole("list", { name: "Checks" });
  assert.ok((await checks.getByRole("listitem").count()) > 0);
  assert.equal(await checks.getByText("fails").count(), 0);
  await page.locator(".claims").getByText("ann", { exact: true }).waitFor();
});

test("a token from elsewhere is explained, and which check it fails", async () => {
  const panel = page.locator("section").filter({ has: page.getByRole("heading", { name: "Explain a token" }) });
  const claims = Buffer.from(JSON.stringify({ aud: `${console_.url}/client/hubs/chat`, sub: "<b>eve</b>", exp: 1 }));
  const head = Buffer.from('{"alg":"HS256"}').toString("base64url");
  await panel
    .getByLabel("Token or client URL")
    .fill(`ws://x/?access_token=${head}.${claims.toString("base64url")}.AAAA`);
  await panel.getByRole("button", { name: "Explain" }).click();
  await panel.getByText("<b>eve</b>").first().waitFor();
  await panel.getByText("signature fails").waitFor();
  await panel.getByLabel("Token or client URL").fill("no token");
  await panel.getByRole("button", { name: "Explain" }).click();
  await panel.getByText("format fails").waitFor();
});

for (const protocol of ["JSON", "Reliable JSON", "Protobuf", "Reliable protobuf"]) {
  test(`${protocol}: joins, publishes and hears it back, and asks for events`, async () => {
    await connect(protocol);
    await page.getByLabel("Decoded").check();
    await heard('"connectionId"');
    await send("Join a group", { Group: "g" });
    await heard('"success": true');
    await send("Publish to a group", { Group: "g", Type: "JSON", Data: '{"n":[1,2]}' });
    await heard('"from": "group"');
    await send("Publish to a group", { Group: "g", Type: "Binary, as base64", Data: "AAEC" });
    await heard('"dataType": "binary"');
    await send("Send an event", { Event: "nobody", Type: "Text", Data: "x" });
    await heard('"InternalServerError"');
    await send("Invoke an event and wait for its answer", { Event: "nobody" });
    await heard('"invokeResponse"');
    await send("Ping");
    await heard('"pong"');
  });

  test(`${protocol}: sends a stream into a group`, async () => {
    await connect(protocol);
    await send("Join a group", { Group: "g" });
    await send("Begin a stream into a group", { Group: "g", "Stream id": "s" });
    await heard('"expectedSequenceId": 1');
    await send("Send a piece of a stream", { Data: "once upon" });
    await heard('"streamSequenceId": 1');
    await heard('"expectedSequenceId": 2');
    await send("End a stream");
    await heard('"endOfStream": true');
    await heard('"streamClosed"');
  });
}

for (const protocol of ["Reliable JSON", "Reliable protobuf"]) {
  test(`${protocol}: misses nothing when the line is cut`, async () => {
    await connect(protocol);
    const asked = page.getByRole("status").filter({ hasText: /^Connected as/ });
    const connection = (await asked.textContent()).replace("Connected as ", "");
    await page.getByRole("button", { name: "Cut the line" }).click();
    await page.getByRole("status").filter({ hasText: "The line is cut" }).waitFor();
    const response = await page.evaluate(
      ([hub, connection]) =>
        fetch(`/console/api/hubs/${hub}/actions`, {
          method: "POST",
          headers: { "X-Linarite-Console": "1", "Content-Type": "application/json" },
          body: JSON.stringify({ action: "send", connection, type: "text", data: "said meanwhile" }),
        }).then(({ status }) => status),
      [hub, connection],
    );
    assert.equal(response, 200);
    await page.getByRole("button", { name: "Come back" }).click();
    await heard('"data": "said meanwhile"');
    await page
      .getByRole("status")
      .filter({ hasText: `Connected as ${connection}` })
      .waitFor();
  });
}

test("a plain client sends its data alone, and hears why it is closed", async () => {
  await connect("None, a plain client");
  await send(null, { Frame: "hello" });
  await heard("Closed with 1011");
});

test("a frame is sent as typed, right or wrong", async () => {
  await connect("JSON");
  await send("A frame as typed", { Frame: '{"type":"nonsense"}' });
  await heard("Closed with 1007");
});

const languages = () => page.getByRole("group", { name: "Language" }).getByRole("button");

async function program(name) {
  await languages()
    .filter({ hasText: new RegExp(`^${name}$`) })
    .click();
  return page.getByRole("region", { name: `${name} program` }).textContent();
}

test("a program is shown for each official SDK, with the endpoint in it", async () => {
  assert.equal(await languages().count(), 6);
  for (const name of ["JavaScript server", "Python server", "C#", "Java"]) {
    const text = await program(name);
    assert.ok(text.includes(`Endpoint=${console_.url};`) && text.includes(hub), text);
  }
});

for (const [name, command, ...options] of [
  ["JavaScript server", process.execPath, "--input-type=module", "--eval"],
  ["Python server", required("LINARITE_PYTHON"), "-c"],
]) {
  test(`the ${name} program runs as it is shown, but for the key`, async () => {
    await connect("JSON");
    const text = (await program(name)).replace("<your key>", "LinariteDevelopmentAccessKeyNotForProduction");
    const { stdout } = await promisify(execFile)(command, [...options, text], { timeout: 30_000 });
    assert.match(stdout, /^wss?:.*access_token=/);
    await heard('"data": "Hello"');
  });
}

test("nothing forbidden happened", () => console_.close());
