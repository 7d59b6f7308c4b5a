// The official @azure/identity, unmodified, against the server's authority: code without keys sends messages.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientSecretCredential, DefaultAzureCredential } from "@azure/identity";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { administratorToken, endpoints, uniqueHub } from "./endpoints.js";
import { Subscriber } from "./subscriber.js";

// The client id of the administrator of every server (linarite azure-cli prints it).
const clientId = "2b0c1f64-8f1b-4a3e-8d56-7e5f0c9a1d22";
const https = endpoints.find((endpoint) => endpoint.name === "https");
const url = new URL(/Endpoint=([^;]+)/.exec(https.connectionString)[1]).origin;

process.env.AZURE_AUTHORITY_HOST = url;
process.env.AZURE_TENANT_ID = "adfs";
process.env.AZURE_CLIENT_ID = clientId;
process.env.AZURE_CLIENT_SECRET = administratorToken;

test("DefaultAzureCredential sends a message over https, and makes the client's token", async (t) => {
  const client = new WebPubSubServiceClient(url, new DefaultAzureCredential(), uniqueHub());
  const access = await client.getClientAccessToken({ userId: "anna", groups: ["g"] });
  const anna = await Subscriber.open(access.url);
  t.after(() => anna.close());
  assert.equal(anna.connected.userId, "anna");
  await client.group("g").sendToAll("hello", { contentType: "text/plain" });
  assert.deepEqual(await anna.message(), {
    type: "message", from: "group", group: "g", dataType: "text", data: "hello",
  });
});

test("a wrong secret gets no token, and says why", async () => {
  const wrong = new ClientSecretCredential("adfs", clientId, "wrong", { authorityHost: url });
  await assert.rejects(wrong.getToken("https://webpubsub.azure.com/.default"), /this secret/);
});

test("a token for the management API sends nothing", async () => {
  const credential = new DefaultAzureCredential();
  const other = { getToken: () => credential.getToken("https://management.azure.com/.default") };
  const client = new WebPubSubServiceClient(url, other, uniqueHub());
  await assert.rejects(client.sendToAll("hello", { contentType: "text/plain" }), { statusCode: 401 });
});
