// A page in Chromium that uses nothing but the browser's own WebSocket.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, describe, test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { startChromium } from "./chromium.js";
import { endpoints, uniqueHub } from "./endpoints.js";

const PAGE = `<!doctype html>
<title>chat</title>
<script>
  const heard = [];
  const socket = new WebSocket(new URLSearchParams(location.search).get("url"), "json.webpubsub.azure.v1");
  socket.onmessage = (event) => heard.push(JSON.parse(event.data));
  socket.onclose = (event) => heard.push({ closed: event.code, wasClean: event.wasClean });
  const send = (frame) => socket.send(JSON.stringify(frame));
</script>`;

let browser;
let pages;

before(async () => {
  pages = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(PAGE));
  await once(pages.listen(0, "127.0.0.1"), "listening");
  browser = await startChromium();
});

after(async () => {
  await browser?.close();
  pages.close();
});

for (const { name, connectionString, options } of endpoints) {
  describe(`over ${name}`, () => {
    test("page joins a group, sends, receives and hears its end", async () => {
      const service = new WebPubSubServiceClient(connectionString, uniqueHub(), options);
      const roles = ["webpubsub.joinLeaveGroup.g", "webpubsub.sendToGroup.g"];
      const { url } = await service.getClientAccessToken({ userId: "anna", roles });
      // The development authority is not in the browser's own store.
      const page = await browser.newPage({ ignoreHTTPSErrors: true });
      const heard = async (count) => {
        await page.waitForFunction((least) => heard.length >= least, count, { timeout: 10_000 });
        return page.evaluate(() => heard.splice(0));
      };

      await page.goto(`http://127.0.0.1:${pages.address().port}/?url=${encodeURIComponent(url)}`);
      const [connected] = await heard(1);
      assert.deepEqual([connected.event, connected.userId], ["connected", "anna"]);
      assert.equal(await page.evaluate(() => socket.protocol), "json.webpubsub.azure.v1");

      await page.evaluate(() => send({ type: "joinGroup", group: "g", ackId: 1 }));
      assert.deepEqual(await heard(1), [{ type: "ack", ackId: 1, success: true }]);

      await page.evaluate(() => send({ type: "sendToGroup", group: "g", ackId: 2, dataType: "text", data: "grüße" }));
      const message = { type: "message", from: "group", group: "g" };
      assert.deepEqual(await heard(2), [
        { ...message, fromUserId: "anna", dataType: "text", data: "grüße" },
        { type: "ack", ackId: 2, success: true },
      ]);

      await service.group("g").sendToAll({ n: 1 });
      assert.deepEqual(await heard(1), [{ ...message, dataType: "json", data: { n: 1 } }]);

      await service.closeConnection(connected.connectionId, { reason: "over" });
      const [disconnected, closed] = await heard(2);
      assert.equal(disconnected.message, "Application server closed the connection. Reason: over");
      assert.deepEqual(closed, { closed: 1000, wasClean: true });
    });
  });
}
