// Linarite's own package: the official one with the two calls that it lacks, and http on this machine.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import * as official from "@azure/web-pubsub";
import * as linarite from "@linarite/web-pubsub";
import { endpoints, uniqueHub } from "./endpoints.js";
import { Subscriber } from "./subscriber.js";

const { WebPubSubServiceClient, AzureKeyCredential } = linarite;

test("everything that the official package exports is there", () => {
  assert.deepEqual(Object.keys(linarite).sort(), Object.keys(official).sort());
  const methods = (constructor) => Object.getOwnPropertyNames(constructor.prototype);
  const client = new WebPubSubServiceClient(endpoints[0].connectionString, "hub");
  for (const method of methods(official.WebPubSubServiceClient)) assert.equal(typeof client[method], "function");
});

test("require gives the same classes as import", () => {
  const required = createRequire(import.meta.url)("@linarite/web-pubsub");
  assert.equal(required.WebPubSubServiceClient, WebPubSubServiceClient);
  assert.deepEqual(Object.keys(required).sort(), Object.keys(linarite).sort());
});

for (const { name, connectionString } of endpoints) {
  describe(`over ${name}, without options`, () => {
    async function connect(t, client, claims) {
      const { url } = await client.getClientAccessUrl(claims);
      const subscriber = await Subscriber.open(url);
      t.after(() => subscriber.close());
      return subscriber;
    }

    test("getClientAccessUrl opens a connection", async (t) => {
      const client = new WebPubSubServiceClient(connectionString, uniqueHub());
      const access = await client.getClientAccessUrl({ userId: "anna" });
      assert.equal(access.url, `${access.baseUrl}?access_token=${access.token}`);
      const subscriber = await connect(t, client, { userId: "anna" });
      assert.equal(subscriber.connected.userId, "anna");
      await client.sendToAll("hi", { contentType: "text/plain" });
      assert.equal((await subscriber.message()).data, "hi");
    });

    test("hasUser says whether a connection of the user is in the group", async (t) => {
      const client = new WebPubSubServiceClient(connectionString, uniqueHub());
      await connect(t, client, { userId: "a/b é" });
      const group = client.group("g/1 é");
      assert.equal(await group.hasUser("a/b é"), false);
      await group.addUser("a/b é");
      assert.equal(await group.hasUser("a/b é"), true);
      assert.equal(await group.hasUser("bert"), false);
      assert.equal(await client.group("g").hasUser("a/b é"), false);
      await group.removeUser("a/b é");
      assert.equal(await group.hasUser("a/b é"), false);
    });

    test("hasUser reports its response and rejects any answer but yes and no", async () => {
      const hub = uniqueHub();
      const client = new WebPubSubServiceClient(connectionString, hub);
      const statuses = [];
      const onResponse = (response) => statuses.push(response.status);
      await client.group("g").hasUser("anna", { onResponse });
      const stranger = new WebPubSubServiceClient(client.endpoint, new AzureKeyCredential("x".repeat(44)), hub);
      const refused = stranger.group("g").hasUser("anna", { onResponse });
      await assert.rejects(refused, { name: "RestError", statusCode: 401 });
      assert.deepEqual(statuses, [404, 401]);
    });
  });
}

test("http to another machine still needs allowInsecureConnection", async () => {
  const key = new AzureKeyCredential("x".repeat(44));
  for (const host of ["localhost.example.test", "127.0.0.1.example.test", "192.0.2.1"]) {
    const client = new WebPubSubServiceClient(`http://${host}`, key, "hub", { retryOptions: { maxRetries: 0 } });
    await assert.rejects(client.userExists("anna"), /allowInsecureConnection/);
  }
});
