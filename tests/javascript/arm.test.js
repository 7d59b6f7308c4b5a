// The official @azure/arm-webpubsub, unmodified but for endpoint and credential: every operation.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { WebPubSubManagementClient } from "@azure/arm-webpubsub";
import { administratorToken, endpoints } from "./endpoints.js";

const GROUP = "linarite";
const LOCATION = "local";
const SUBSCRIPTION = "00000000-0000-0000-0000-000000000000";

const https = endpoints.find((endpoint) => endpoint.name === "https");
const credential = {
  getToken: async () => ({ token: administratorToken, expiresOnTimestamp: Date.now() + 3_600_000 }),
};
const client = new WebPubSubManagementClient(credential, SUBSCRIPTION, {
  endpoint: /Endpoint=([^;]+)/.exec(https.connectionString)[1],
});
const uniqueName = () => `arm-${randomUUID().slice(0, 8)}`;
const resource = { location: LOCATION, sku: { name: "Standard_S1", capacity: 1 } };
const options = { updateIntervalInMs: 10 };

// One resource for all tests, each of which sees to its own part of it.
const name = uniqueName();
before(() => client.webPubSub.beginCreateOrUpdateAndWait(GROUP, name, resource, options));
after(() => client.webPubSub.beginDeleteAndWait(GROUP, name, options));

async function all(pages) {
  const found = [];
  for await (const item of pages) found.push(item);
  return found;
}

const names = async (pages) => (await all(pages)).map((item) => item.name);
const refused = (call, statusCode, code) => assert.rejects(call, (error) => {
  assert.deepEqual([error.statusCode, error.code], [statusCode, code]);
  return true;
});

test("these tests know every operation", () => {
  const groups = Object.entries(client).filter(([, group]) => group?.client === client);
  const methods = ([key, group]) => [
    key,
    Object.getOwnPropertyNames(Object.getPrototypeOf(group))
      .filter((method) => !method.startsWith("_") && !/(PagingPage|PagingAll|Next|AndWait)$/.test(method))
      .filter((method) => method !== "constructor")
      .sort(),
  ];
  assert.deepEqual(Object.fromEntries(groups.map(methods)), {
    operations: ["list"],
    usages: ["list"],
    webPubSub: [
      "beginCreateOrUpdate",
      "beginDelete",
      "beginRegenerateKey",
      "beginRestart",
      "beginUpdate",
      "checkNameAvailability",
      "get",
      "listByResourceGroup",
      "listBySubscription",
      "listKeys",
      "listReplicaSkus",
      "listSkus",
    ],
    webPubSubCustomCertificates: ["beginCreateOrUpdate", "delete", "get", "list"],
    webPubSubCustomDomains: ["beginCreateOrUpdate", "beginDelete", "get", "list"],
    webPubSubHubs: ["beginCreateOrUpdate", "beginDelete", "get", "list"],
    webPubSubPrivateEndpointConnections: ["beginDelete", "get", "list", "update"],
    webPubSubPrivateLinkResources: ["list"],
    webPubSubReplicaSharedPrivateLinkResources: ["beginCreateOrUpdate", "get", "list"],
    webPubSubReplicas: ["beginCreateOrUpdate", "beginRestart", "beginUpdate", "delete", "get", "list"],
    webPubSubSharedPrivateLinkResources: ["beginCreateOrUpdate", "beginDelete", "get", "list"],
  });
});

test("a resource is made, changed, shown, listed and deleted", async () => {
  const own = uniqueName();
  const made = await client.webPubSub.beginCreateOrUpdateAndWait(
    GROUP, own, { ...resource, tags: { key: "value" } }, options);
  assert.deepEqual([made.name, made.provisioningState, made.sku.tier, made.tags], [
    own, "Succeeded", "Standard", { key: "value" }]);
  const changed = await client.webPubSub.beginUpdateAndWait(GROUP, own, { ...resource, tags: { new: "tag" } }, options);
  assert.deepEqual(changed.tags, { new: "tag" });
  assert.deepEqual((await client.webPubSub.get(GROUP, own)).tags, { new: "tag" });
  assert((await names(client.webPubSub.listByResourceGroup(GROUP))).includes(own));
  assert((await names(client.webPubSub.listBySubscription())).includes(own));
  await client.webPubSub.beginDeleteAndWait(GROUP, own, options);
  await refused(client.webPubSub.get(GROUP, own), 404, "ResourceNotFound");
  await client.webPubSub.beginDeleteAndWait(GROUP, own, options);
});

test("keys are listed and made anew, the resource is restarted", async () => {
  const before = await client.webPubSub.listKeys(GROUP, name);
  const made = await client.webPubSub.beginRegenerateKeyAndWait(GROUP, name, { keyType: "Secondary" }, options);
  const after = await client.webPubSub.listKeys(GROUP, name);
  assert.equal(after.primaryKey, before.primaryKey);
  assert.notEqual(after.secondaryKey, before.secondaryKey);
  // The asynchronous form has no keys in its result, as in the service.
  assert.equal(made.secondaryKey ?? after.secondaryKey, after.secondaryKey);
  await client.webPubSub.beginRestartAndWait(GROUP, name, options);
});

test("network rules are set and shown", async () => {
  const networkACLs = { defaultAction: "Deny", publicNetwork: { allow: ["ClientConnection"] } };
  const after = await client.webPubSub.beginUpdateAndWait(GROUP, name, { ...resource, networkACLs }, options);
  assert.deepEqual(after.networkACLs.publicNetwork.allow, ["ClientConnection"]);
});

test("SKUs, usages, operations and names", async () => {
  const skus = (await client.webPubSub.listSkus(GROUP, name)).value.map((item) => item.sku.name);
  assert.deepEqual(skus, ["Free_F1", "Standard_S1", "Premium_P1", "Premium_P2"]);
  const usages = await all(client.usages.list(LOCATION));
  assert(usages.find((usage) => usage.name.value === "WebPubSubTotalUnits").currentValue >= 1);
  assert((await names(client.operations.list())).includes("Microsoft.SignalRService/WebPubSub/write"));
  const type = "Microsoft.SignalRService/webPubSub";
  const answer = (asked) => client.webPubSub.checkNameAvailability(LOCATION, { type, name: asked });
  assert.equal((await answer("free-name")).nameAvailable, true);
  assert.equal((await answer(name)).reason, "AlreadyExists");
});

test("what is wrong reaches the caller", async () => {
  const wrong = client.webPubSub.beginCreateOrUpdate(GROUP, name, { location: LOCATION, sku: { name: "Gold" } });
  await refused(wrong, 400, "InvalidSku");
});

test("hubs are made, shown, listed and deleted", async () => {
  const hubs = client.webPubSubHubs;
  const handler = { urlTemplate: "http://127.0.0.1:9/{event}", userEventPattern: "*", systemEvents: ["connect"] };
  const properties = { anonymousConnectPolicy: "allow", eventHandlers: [handler] };
  const made = await hubs.beginCreateOrUpdateAndWait("Chat", GROUP, name, { properties }, options);
  assert.equal(made.properties.eventHandlers[0].urlTemplate, handler.urlTemplate);
  assert.equal((await hubs.get("chat", GROUP, name)).properties.anonymousConnectPolicy, "allow");
  assert.deepEqual(await names(hubs.list(GROUP, name)), ["Chat"]);
  await hubs.beginDeleteAndWait("chat", GROUP, name, options);
  assert.deepEqual(await names(hubs.list(GROUP, name)), []);
});

test("custom domains come and go; certificates in a key vault are refused", async () => {
  const { webPubSubCustomDomains: domains, webPubSubCustomCertificates: certificates } = client;
  const domain = { domainName: `${name}.example.com`, customCertificate: {} };
  const made = await domains.beginCreateOrUpdateAndWait(GROUP, name, "one", domain, options);
  assert.equal(made.domainName, domain.domainName);
  assert.equal((await domains.get(GROUP, name, "one")).domainName, domain.domainName);
  assert.deepEqual(await names(domains.list(GROUP, name)), ["one"]);
  await domains.beginDeleteAndWait(GROUP, name, "one", options);
  await refused(domains.get(GROUP, name, "one"), 404, "NotFound");

  const certificate = { keyVaultBaseUri: "https://vault.vault.azure.net/", keyVaultSecretName: "site" };
  await refused(certificates.beginCreateOrUpdate(GROUP, name, "cert", certificate), 400, "NotSupported");
  await refused(certificates.get(GROUP, name, "cert"), 404, "NotFound");
  assert.deepEqual(await names(certificates.list(GROUP, name)), []);
  await certificates.delete(GROUP, name, "cert");
});

test("private links are none and refused with the reason", async () => {
  const { webPubSubPrivateEndpointConnections: connections, webPubSubSharedPrivateLinkResources: shared } = client;
  assert.deepEqual(await all(connections.list(GROUP, name)), []);
  assert.deepEqual(await all(client.webPubSubPrivateLinkResources.list(GROUP, name)), []);
  assert.deepEqual(await all(shared.list(GROUP, name)), []);
  await refused(connections.get("one", GROUP, name), 404, "NotFound");
  await refused(shared.get("one", GROUP, name), 404, "NotFound");
  await refused(connections.update("one", GROUP, name, {}), 400, "NotSupported");
  await refused(shared.beginCreateOrUpdate("one", GROUP, name, { groupId: "sites" }), 400, "NotSupported");
  await connections.beginDeleteAndWait("one", GROUP, name, options);
  await shared.beginDeleteAndWait("one", GROUP, name, options);
});

test("replicas are none and refused with the reason", async () => {
  const { webPubSubReplicas: replicas, webPubSubReplicaSharedPrivateLinkResources: links } = client;
  const replica = { location: "westus" };
  assert.deepEqual(await all(replicas.list(GROUP, name)), []);
  await refused(replicas.get(GROUP, name, "one"), 404, "NotFound");
  await refused(replicas.beginCreateOrUpdate(GROUP, name, "one", replica), 400, "NotSupported");
  await refused(replicas.beginUpdate(GROUP, name, "one", replica), 400, "NotSupported");
  await refused(replicas.beginRestart(GROUP, name, "one"), 404, "NotFound");
  await replicas.delete(GROUP, name, "one");
  await refused(client.webPubSub.listReplicaSkus(GROUP, name, "one"), 404, "NotFound");
  await refused(all(links.list(GROUP, name, "one")), 404, "NotFound");
  await refused(links.get(GROUP, name, "one", "link"), 404, "NotFound");
  await refused(links.beginCreateOrUpdate(GROUP, name, "one", "link", { groupId: "sites" }), 404, "NotFound");
});
