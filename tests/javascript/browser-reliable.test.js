// The official @azure/web-pubsub-client, unmodified, in pages in Chromium: bundled as a web application does it, with
// the protocol that it speaks by default.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { after, before, describe, test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { build } from "esbuild";
import { startChromium } from "./chromium.js";
import { CuttableLine } from "./cuttable-line.js";
import { endpoints, uniqueHub } from "./endpoints.js";

const EVENTS = ["connected", "disconnected", "stopped", "server-message", "group-message", "rejoin-group-failed"];

const SCRIPT = `
  import { WebPubSubClient } from "@azure/web-pubsub-client";
  const heard = Object.fromEntries(${JSON.stringify(EVENTS)}.map((event) => [event, []]));
  const getClientAccessUrl = async () => (await fetch(location.href + "/negotiate")).text();
  const client = new WebPubSubClient({ getClientAccessUrl });
  for (const [event, reports] of Object.entries(heard)) client.on(event, (report) => reports.push(report));
  Object.assign(globalThis, { client, heard });
`;

let browser;
let pages;
let script;
const negotiations = new Map();

before(async () => {
  const resolveDir = fileURLToPath(new URL(".", import.meta.url));
  const bundle = { bundle: true, platform: "browser", format: "esm", write: false };
  const { outputFiles } = await build({ stdin: { contents: SCRIPT, resolveDir }, ...bundle });
  script = outputFiles[0].text;
  pages = createServer(answer);
  await once(pages.listen(0, "127.0.0.1"), "listening");
  browser = await startChromium();
});

after(async () => {
  await browser?.close();
  pages.close();
});

async function answer({ url }, response) {
  const [, hub, what] = url.split("/");
  if (what === "negotiate") response.end(await negotiations.get(hub)());
  else response.setHeader("Content-Type", "text/html").end(`<!doctype html><script type="module">${script}</script>`);
}

/** Gives a hub with a page whose client has connected by a line of its own. */
async function openPage(t, { connectionString, options }) {
  const hub = uniqueHub();
  const service = new WebPubSubServiceClient(connectionString, hub, options);
  const line = await CuttableLine.open(connectionString);
  const way = new WebPubSubServiceClient(line.connectionString, hub, options);
  const claims = { userId: "anna", roles: ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"] };
  negotiations.set(hub, async () => (await way.getClientAccessToken(claims)).url);
  // The development authority is not in the browser's own store.
  const page = await browser.newPage({ ignoreHTTPSErrors: true });
  t.after(async () => {
    await page.close();
    line.close();
    await service.closeAllConnections();
  });
  await page.goto(`http://127.0.0.1:${pages.address().port}/${hub}`);
  await page.evaluate(() => client.start());
  const heard = async (event, count) => {
    await page.waitForFunction(([name, least]) => heard[name].length >= least, [event, count], { timeout: 10_000 });
    return page.evaluate((name) => heard[name].splice(0), event);
  };
  const [{ connectionId, userId }] = await heard("connected", 1);
  assert.equal(userId, "anna");
  const isQuiet = async (...events) =>
    assert.deepEqual(await page.evaluate((names) => names.flatMap((name) => heard[name]), events), []);
  return { service, line, page, heard, connectionId, isQuiet };
}

const texts = (reports) => reports.map(({ message }) => message.data);

for (const endpoint of endpoints) {
  describe(`over ${endpoint.name}`, { concurrency: 2 }, () => {
    test("a page whose line is cut hears everything once, and not of the cut", async (t) => {
      const { service, line, page, heard, connectionId, isQuiet } = await openPage(t, endpoint);
      await page.evaluate(() => client.joinGroup("g"));
      await page.evaluate(() => client.sendToGroup("g", "before", "text"));
      for (const text of ["first", "second"]) {
        line.break();
        await service.group("g").sendToAll(text, { contentType: "text/plain" });
        line.mend();
        const hasHeard = (said) => heard["group-message"].at(-1).message.data === said;
        await page.waitForFunction(hasHeard, text, { timeout: 10_000 });
      }
      await page.evaluate(() => client.sendToGroup("g", { n: [1] }, "json", { ackId: 70 }));
      const duplicate = await page.evaluate(() => client.sendToGroup("g", "again", "text", { ackId: 70 }));
      assert.deepEqual(duplicate, { ackId: 70, isDuplicated: true });
      await service.sendToConnection(connectionId, "same", { contentType: "text/plain" });
      assert.deepEqual(texts(await heard("server-message", 1)), ["same"]);
      assert.deepEqual(texts(await heard("group-message", 4)), ["before", "first", "second", { n: [1] }]);
      await isQuiet("connected", "disconnected", "stopped", "rejoin-group-failed");
    });

    test("a page whose connection cannot be recovered gets a new one with its groups, until it stops", async (t) => {
      const { service, line, page, heard, connectionId, isQuiet } = await openPage(t, endpoint);
      await page.evaluate(() => client.joinGroup("g"));
      line.break();
      await service.closeConnection(connectionId);
      line.mend();
      assert.equal((await heard("disconnected", 1))[0].connectionId, connectionId);
      const [second] = await heard("connected", 1);
      assert.notEqual(second.connectionId, connectionId);
      await service.group("g").sendToAll("again", { contentType: "text/plain" });
      assert.deepEqual(texts(await heard("group-message", 1)), ["again"]);
      await page.evaluate(() => client.stop());
      await heard("stopped", 1);
      assert.equal((await heard("disconnected", 1))[0].connectionId, second.connectionId);
      await isQuiet("connected", "rejoin-group-failed", "server-message");
    });
  });
}
