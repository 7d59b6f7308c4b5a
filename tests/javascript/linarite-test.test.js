// The package `linarite-test` in sdk/node-test, with the official SDKs; each fault as they see it.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubClient } from "@azure/web-pubsub-client";
import WebSocket from "ws";
import { DevelopmentServer, useServer, WaitFailed } from "../../sdk/node-test/index.js";
import { required } from "./endpoints.js";
import { Mailbox } from "./mailbox.js";

const command = [required("LINARITE_PYTHON"), "-m", "linarite"];
const linarite = useServer({ command });
const hasty = { reconnectRetryOptions: { maxRetries: 40, retryDelayInMs: 50 } };

function serviceOf(hub) {
  return new WebPubSubServiceClient(hub.connectionString, hub.name, { allowInsecureConnection: true });
}

/** Starts the official client, with its reliable protocol; stops it after the test. */
async function started(t, hub, access = { groups: ["room"] }) {
  const getClientAccessUrl = async () => hub.clientAccessUrl({ roles: ["webpubsub.sendToGroup"], ...access });
  const client = new WebPubSubClient({ getClientAccessUrl }, hasty);
  const [connected, messages] = [new Mailbox(), new Mailbox()];
  client.on("connected", (event) => connected.put(event.connectionId));
  client.on("group-message", (event) => messages.put(event.message.data));
  client.on("server-message", (event) => messages.put(event.message.data));
  t.after(() => client.stop());
  await client.start();
  return { client, connected, messages, connectionId: await connected.next() };
}

test("a message arrives over http and over https", async (t) => {
  const hub = linarite.hub(t);
  for (const endpoint of [hub.http, hub.https]) {
    const socket = new WebSocket(hub.clientAccessUrl({ userId: "anna", endpoint }), { ca: endpoint.ca });
    t.after(() => socket.terminate());
    const heard = new Mailbox();
    socket.on("message", (data) => heard.put(`${data}`));
    await hub.waitForConnections({ atLeast: 1, user: "anna" });
    const since = await hub.mark();
    await serviceOf(hub).sendToAll("Hello", { contentType: "text/plain" });
    assert.equal(await heard.next(), "Hello");
    const [message] = await hub.waitForMessages({ since });
    assert.equal(message.size, 5);
    await hub.reset();
    await hub.waitForConnections({ atMost: 0 });
  }
});

test("the service's client obeys Retry-After and tries again", async (t) => {
  const hub = linarite.hub(t);
  const fault = await hub.fault("rest", { status: 429, retryAfterSeconds: 0, times: 2 });
  await serviceOf(hub).sendToAll("Hello", { contentType: "text/plain" });
  assert.equal((await fault.records()).length, 2);
});

test("the client library comes back to its connection after a cut, and has missed nothing", async (t) => {
  const hub = linarite.hub(t);
  const { connectionId, connected, messages } = await started(t, hub);
  const fault = await hub.fault("cut");
  await serviceOf(hub).group("room").sendToAll("missed", { contentType: "text/plain" });
  assert.equal(await messages.next(), "missed");
  assert.equal((await fault.records())[0].connection, connectionId);
  assert.deepEqual((await hub.connections()).map((seen) => seen.connectionId), [connectionId]);
  assert.ok(connected.isEmpty);
});

test("the client library begins anew when its connection is lost before the recovery", async (t) => {
  const hub = linarite.hub(t);
  const { connectionId, connected } = await started(t, hub);
  await hub.fault("loseRecovery");
  await hub.fault("cut");
  assert.notEqual(await connected.next(), connectionId);
});

test("a refused upgrade fails the client's start, and the next one succeeds", async (t) => {
  const hub = linarite.hub(t);
  await hub.fault("refuseUpgrade", { status: 503, retryAfterSeconds: 1, times: 1 });
  await assert.rejects(started(t, hub), /503/);
  await started(t, hub);
});

test("a stalled line keeps messages until the fault ends", async (t) => {
  const hub = linarite.hub(t);
  const { messages } = await started(t, hub);
  const fault = await hub.fault("stall");
  await serviceOf(hub).group("room").sendToAll("late", { contentType: "text/plain" });
  await serviceOf(hub).sendToAll("later", { contentType: "text/plain" });
  assert.ok(messages.isEmpty);
  await fault.end();
  assert.deepEqual([await messages.next(), await messages.next()], ["late", "later"]);
});

test("a slow line brings messages late, in their order and whole", async (t) => {
  const hub = linarite.hub(t);
  const { messages } = await started(t, hub);
  await hub.fault("slow", { bytesPerSecond: 2_000 });
  const begun = Date.now();
  for (const letter of ["a", "b", "c"]) {
    await serviceOf(hub).group("room").sendToAll(letter.repeat(300), { contentType: "text/plain" });
  }
  const heard = [await messages.next(), await messages.next(), await messages.next()];
  assert.deepEqual(heard, ["a", "b", "c"].map((letter) => letter.repeat(300)));
  assert.ok(Date.now() - begun > 250); // two frames of more than 300 bytes go before the last one
});

test("events are waited for until their handler has answered, after a failure on request", async (t) => {
  const hub = linarite.hub(t);
  const handler = createServer((request, response) => {
    request.resume();
    response.writeHead(request.method === "OPTIONS" ? 200 : 204, { "WebHook-Allowed-Origin": "*" }).end();
  }).listen(0, "127.0.0.1");
  t.after(() => handler.close().closeAllConnections());
  await new Promise((resolve) => handler.once("listening", resolve));
  await hub.handleEvents(`http://127.0.0.1:${handler.address().port}/{event}`);
  const fault = await hub.fault("webhook", { event: "connect", status: 500, times: 1 });
  const since = await hub.mark();
  await started(t, hub);
  const [call] = await hub.waitForEvents({ event: "connect", since });
  assert.deepEqual([call.attempts, call.status], [2, 204]);
  assert.equal((await fault.records()).length, 1);
});

test("what does not come is told", async (t) => {
  const hub = linarite.hub(t);
  await assert.rejects(hub.waitForConnections({ atLeast: 1, seconds: 0.05 }), (error) => {
    assert.ok(error instanceof WaitFailed);
    assert.match(error.message, /"count":0/);
    return true;
  });
  await assert.rejects(hub.fault("slow"), /slow: expected one of bytesPerSecond/);
});

test("a server that cannot start says why", async () => {
  const wrong = new DevelopmentServer({ command, arguments: ["--no-such-argument"] });
  await assert.rejects(wrong.start(), /ended with 2 before it was ready:[^]*--no-such-argument/);
  await assert.rejects(new DevelopmentServer({ command: ["no-such-command"] }).start(), /is it installed/);
});

test("programs find the server by their environment", () => {
  const variables = linarite.environment();
  assert.equal(variables.WebPubSubConnectionString, linarite.http.connectionString);
  assert.match(variables.NODE_EXTRA_CA_CERTS, /authority\.pem$/);
});
