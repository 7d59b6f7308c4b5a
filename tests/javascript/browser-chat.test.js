// A chat as Azure's samples make one: pages in Chromium that know nothing but their WebSocket, and a server on Express
// that lets them in, hears what they say, and tells all of them.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { ApplicationServer } from "./application-server.js";
import { startChromium } from "./chromium.js";
import { endpoints, uniqueHub } from "./endpoints.js";

const PAGE = `<!doctype html>
<title>chat</title>
<input id="message">
<ul id="messages"></ul>
<script>
  const show = (text) => (document.querySelector("#messages").appendChild(document.createElement("li")).innerText = text);
  async function enter(name) {
    const { url } = await (await fetch(location.pathname + "/negotiate?name=" + encodeURIComponent(name))).json();
    const socket = new WebSocket(url);
    socket.onmessage = (event) => {
      const { type, from, message } = JSON.parse(event.data);
      show(type === "system" ? message : from + ": " + message);
    };
    socket.onerror = () => show("refused");
    const input = document.querySelector("#message");
    input.addEventListener("keypress", (event) => {
      if (event.charCode !== 13) return;
      socket.send(input.value);
      input.value = "";
    });
  }
  enter(new URLSearchParams(location.search).get("name"));
</script>`;

let browser;
let application;

before(async () => {
  application = await ApplicationServer.start();
  browser = await startChromium();
});

after(async () => {
  await browser?.close();
  await application.stop();
});

/** Makes a chat room; gives a function that opens its page as a user. */
async function openRoom(t, { connectionString, options }) {
  const hub = uniqueHub();
  const service = new WebPubSubServiceClient(connectionString, hub, options);
  const tell = (message) => service.sendToAll({ type: "system", message });
  await application.handle(hub, {
    handleConnect: ({ queries }, response) => {
      const [name] = queries.name;
      if (name === "eve") response.fail(401, "not in this room");
      else response.success({ userId: name.toUpperCase() });
    },
    onConnected: ({ context }) => tell(`${context.userId} joined`),
    onDisconnected: ({ context }) => tell(`${context.userId} left`),
    handleUserEvent: async ({ context, data }, response) => {
      await service.sendToAll({ type: "message", from: context.userId, message: data });
      response.success();
    },
  });
  application.app.get(`/${hub}`, (_, response) => response.send(PAGE));
  application.app.get(`/${hub}/negotiate`, async ({ query }, response) => {
    // Who the client is, the token leaves to the event handler.
    const { url } = await service.getClientAccessToken();
    response.json({ url: `${url}&name=${encodeURIComponent(query.name)}` });
  });
  return async (name) => {
    // The development authority is not in the browser's own store.
    const page = await browser.newPage({ ignoreHTTPSErrors: true });
    t.after(() => page.close());
    await page.goto(`${application.url}/${hub}?name=${encodeURIComponent(name)}`);
    return {
      say: async (text) => {
        await page.fill("#message", text);
        await page.press("#message", "Enter");
      },
      sees: (text) => page.locator("li", { hasText: text }).waitFor({ timeout: 10_000 }),
      all: () => page.locator("li").allInnerTexts(),
      leave: () => page.close(),
    };
  };
}

for (const endpoint of endpoints) {
  describe(`over ${endpoint.name}`, () => {
    test("two users meet, talk and part", async (t) => {
      const open = await openRoom(t, endpoint);
      const anna = await open("anna");
      await anna.sees("ANNA joined");
      const bert = await open("bert");
      await anna.sees("BERT joined");
      await bert.sees("BERT joined");
      await anna.say("grüße & <b>");
      await bert.sees("ANNA: grüße & <b>");
      await bert.say("hi");
      await anna.sees("BERT: hi");
      await bert.leave();
      await anna.sees("BERT left");
      assert.deepEqual(await anna.all(), [
        "ANNA joined",
        "BERT joined",
        "ANNA: grüße & <b>",
        "BERT: hi",
        "BERT left",
      ]);
    });

    test("a user whom the server refuses stays outside", async (t) => {
      const open = await openRoom(t, endpoint);
      const anna = await open("anna");
      await anna.sees("ANNA joined");
      const eve = await open("eve");
      await eve.sees("refused");
      await anna.say("hi");
      await anna.sees("ANNA: hi");
      assert.deepEqual(await anna.all(), ["ANNA joined", "ANNA: hi"]);
    });
  });
}
