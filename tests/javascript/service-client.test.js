// The official @azure/web-pubsub, unmodified: every method, its effect seen by WebSocket clients.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { AzureKeyCredential, WebPubSubServiceClient, odata } from "@azure/web-pubsub";
import { endpoints, uniqueHub } from "./endpoints.js";
import { Subscriber } from "./subscriber.js";

const text = { contentType: "text/plain" };
const fromServer = (members) => ({ type: "message", from: "server", ...members });
const fromGroup = (group, members) => ({ type: "message", from: "group", group, ...members });

// Arguments as sent; what a plain client hears; what a JSON client hears.
const payloads = [
  ["text", ["grüße", text], "grüße", { dataType: "text", data: "grüße" }],
  ["json", [{ a: [1, null] }], '{"a":[1,null]}', { dataType: "json", data: { a: [1, null] } }],
  ["json string", ["hi"], '"hi"', { dataType: "json", data: "hi" }],
  ["binary", [new Uint8Array([0, 255]).buffer], Buffer.from([0, 255]), { dataType: "binary", data: "AP8=" }],
];

const disconnected = (reason) => ({
  type: "system",
  event: "disconnected",
  message: `Application server closed the connection. Reason: ${reason}`,
});

async function members(group, options) {
  const found = [];
  for await (const member of await group.listConnections(options)) found.push(member);
  return found;
}

test("these tests know every public method", () => {
  const client = new WebPubSubServiceClient(endpoints[0].connectionString, "hub");
  const methods = (object) => Object.getOwnPropertyNames(Object.getPrototypeOf(object)).sort();
  assert.deepEqual(methods(client), [
    "addConnectionsToGroups",
    "closeAllConnections",
    "closeConnection",
    "closeUserConnections",
    "connectionExists",
    "constructor",
    "getClientAccessToken",
    "grantPermission",
    "group",
    "groupExists",
    "hasPermission",
    "removeConnectionFromAllGroups",
    "removeConnectionsFromGroups",
    "removeUserFromAllGroups",
    "revokePermission",
    "sendToAll",
    "sendToConnection",
    "sendToUser",
    "userExists",
  ]);
  assert.deepEqual(methods(client.group("g")), [
    "addConnection",
    "addUser",
    "closeAllConnections",
    "constructor",
    "listConnections",
    "removeConnection",
    "removeUser",
    "sendToAll",
  ]);
});

for (const { name, connectionString, options } of endpoints) {
  describe(`over ${name}`, () => {
    /** Gives the client of a new hub, and a function that connects a WebSocket client with the given claims. */
    function arrange(t) {
      const client = new WebPubSubServiceClient(connectionString, uniqueHub(), options);
      const connect = async (claims = {}, subprotocol = undefined) => {
        const { url } = await client.getClientAccessToken(claims);
        const subscriber = await Subscriber.open(url, subprotocol);
        t.after(() => subscriber.close());
        return subscriber;
      };
      return { client, connect };
    }

    /** Asserts that nothing waits for these clients: a message sent now is the first that they read. */
    async function receiveNothing(client, ...subscribers) {
      for (const subscriber of subscribers) {
        await client.sendToConnection(subscriber.connectionId, "marker", text);
        assert.deepEqual(await subscriber.message(), fromServer({ dataType: "text", data: "marker" }));
      }
    }

    test("getClientAccessToken carries user, roles and groups", async (t) => {
      const { client, connect } = arrange(t);
      const claims = { userId: "anna", roles: ["webpubsub.sendToGroup.g"], groups: ["g"], expirationTimeInMinutes: 5 };
      const subscriber = await connect(claims);
      assert.equal(subscriber.connected.userId, "anna");
      assert.deepEqual(await members(client.group("g")), [{ connectionId: subscriber.connectionId, userId: "anna" }]);
      assert.equal(await client.hasPermission(subscriber.connectionId, "sendToGroup", { targetName: "g" }), true);
      assert.equal(await client.hasPermission(subscriber.connectionId, "sendToGroup", { targetName: "h" }), false);
    });

    for (const [kind, message, plainFrame, jsonMembers] of payloads) {
      test(`sendToAll delivers ${kind} to each kind of client in its form`, async (t) => {
        const { client, connect } = arrange(t);
        const [subscriber, plain] = [await connect(), await connect({}, null)];
        await client.sendToAll(...message);
        assert.deepEqual(await subscriber.message(), fromServer(jsonMembers));
        assert.deepEqual(await plain.frame(), plainFrame);
      });

      test(`sendToUser delivers ${kind} to every connection of the user`, async (t) => {
        const { client, connect } = arrange(t);
        const user = { userId: "a/b é" };
        const [subscriber, plain, other] = [await connect(user), await connect(user, null), await connect()];
        await client.sendToUser(user.userId, ...message);
        assert.deepEqual(await subscriber.message(), fromServer(jsonMembers));
        assert.deepEqual(await plain.frame(), plainFrame);
        await receiveNothing(client, other);
      });

      test(`sendToConnection delivers ${kind} to that connection only`, async (t) => {
        const { client, connect } = arrange(t);
        const [subscriber, other] = [await connect(), await connect()];
        await client.sendToConnection(subscriber.connectionId, ...message);
        assert.deepEqual(await subscriber.message(), fromServer(jsonMembers));
        await receiveNothing(client, other);
      });

      test(`group.sendToAll delivers ${kind} to the members`, async (t) => {
        const { client, connect } = arrange(t);
        const groups = ["g/1 é"];
        const [subscriber, plain, other] = [await connect({ groups }), await connect({ groups }, null), await connect()];
        await client.group("g/1 é").sendToAll(...message);
        assert.deepEqual(await subscriber.message(), fromGroup("g/1 é", jsonMembers));
        assert.deepEqual(await plain.frame(), plainFrame);
        await receiveNothing(client, other);
      });
    }

    test("sends obey excludedConnections, filter and messageTtlSeconds", async (t) => {
      const { client, connect } = arrange(t);
      const connectUser = (userId) => connect({ userId, groups: ["g"] });
      const [anna, bert, carl] = [await connectUser("anna"), await connectUser("b'ert"), await connectUser("carl")];
      const choice = {
        ...text,
        excludedConnections: [anna.connectionId],
        filter: odata`userId ne ${"b'ert"}`,
        messageTtlSeconds: 60,
      };
      await client.sendToAll("all", choice);
      await client.group("g").sendToAll("group", choice);
      await client.sendToUser("b'ert", "unheard", { ...text, filter: odata`${"h"} in groups`, messageTtlSeconds: 60 });
      assert.deepEqual(await carl.message(), fromServer({ dataType: "text", data: "all" }));
      assert.deepEqual(await carl.message(), fromGroup("g", { dataType: "text", data: "group" }));
      await receiveNothing(client, anna, bert);
    });

    test("connection, user and group exist while they are connected", async (t) => {
      const { client, connect } = arrange(t);
      const { connectionId } = await connect({ userId: "anna", groups: ["g"] });
      assert.equal(await client.connectionExists(connectionId), true);
      assert.equal(await client.userExists("anna"), true);
      assert.equal(await client.groupExists("g"), true);
      assert.equal(await client.connectionExists("nothing"), false);
      assert.equal(await client.userExists("nobody"), false);
      assert.equal(await client.groupExists("empty"), false);
    });

    test("closeConnection tells the reason and closes", async (t) => {
      const { client, connect } = arrange(t);
      const [target, other] = [await connect(), await connect()];
      await client.closeConnection(target.connectionId, { reason: "over" });
      assert.deepEqual(await target.message(), disconnected("over"));
      assert.deepEqual(await target.closed(), [1000, ""]);
      await receiveNothing(client, other);
    });

    test("closeUserConnections closes every connection of the user", async (t) => {
      const { client, connect } = arrange(t);
      const [phone, laptop, other] = [
        await connect({ userId: "anna" }),
        await connect({ userId: "anna" }),
        await connect({ userId: "bert" }),
      ];
      await client.closeUserConnections("anna", { reason: "over" });
      for (const closing of [phone, laptop]) {
        assert.deepEqual(await closing.message(), disconnected("over"));
        assert.deepEqual(await closing.closed(), [1000, ""]);
      }
      await receiveNothing(client, other);
    });

    test("closeAllConnections closes plain and JSON clients", async (t) => {
      const { client, connect } = arrange(t);
      const [subscriber, plain] = [await connect(), await connect({}, null)];
      await client.closeAllConnections({ reason: "over" });
      assert.deepEqual(await subscriber.message(), disconnected("over"));
      assert.deepEqual(await subscriber.closed(), [1000, ""]);
      assert.deepEqual(await plain.closed(), [1000, ""]);
    });

    test("group.closeAllConnections closes the members", async (t) => {
      const { client, connect } = arrange(t);
      const [member, other] = [await connect({ groups: ["g"] }), await connect()];
      await client.group("g").closeAllConnections({ reason: "over" });
      assert.deepEqual(await member.message(), disconnected("over"));
      assert.deepEqual(await member.closed(), [1000, ""]);
      await receiveNothing(client, other);
    });

    test("connection enters and leaves a group", async (t) => {
      const { client, connect } = arrange(t);
      const subscriber = await connect();
      const group = client.group("g");
      await group.addConnection(subscriber.connectionId);
      await group.sendToAll("inside", text);
      assert.deepEqual(await subscriber.message(), fromGroup("g", { dataType: "text", data: "inside" }));
      await group.removeConnection(subscriber.connectionId);
      await group.sendToAll("outside", text);
      await receiveNothing(client, subscriber);
      await assert.rejects(group.addConnection("nothing"), { statusCode: 404, code: "Error.Connection.NotExisted" });
    });

    test("user enters and leaves a group", async (t) => {
      const { client, connect } = arrange(t);
      const subscriber = await connect({ userId: "anna" });
      const group = client.group("g");
      await group.addUser("anna");
      await group.sendToAll("inside", text);
      assert.deepEqual(await subscriber.message(), fromGroup("g", { dataType: "text", data: "inside" }));
      await group.removeUser("anna");
      await group.sendToAll("outside", text);
      await receiveNothing(client, subscriber);
      await assert.rejects(group.addUser("nobody"), { statusCode: 404, code: "Warning.User.NotExisted" });
    });

    test("connection and user leave all groups", async (t) => {
      const { client, connect } = arrange(t);
      const groups = ["g", "h"];
      const first = await connect({ userId: "anna", groups });
      await connect({ userId: "bert", groups });
      await client.removeConnectionFromAllGroups(first.connectionId);
      await client.removeUserFromAllGroups("bert");
      assert.equal(await client.groupExists("g"), false);
      assert.equal(await client.groupExists("h"), false);
    });

    test("filtered connections enter and leave several groups", async (t) => {
      const { client, connect } = arrange(t);
      const anna = await connect({ userId: "anna" });
      const bert = await connect({ userId: "bert" });
      const listed = async (name) => (await members(client.group(name))).map((member) => member.connectionId);
      await client.addConnectionsToGroups(["g", "h"], odata`userId eq ${"anna"}`);
      assert.deepEqual(await listed("g"), [anna.connectionId]);
      assert.deepEqual(await listed("h"), [anna.connectionId]);
      await client.group("h").addConnection(bert.connectionId);
      await client.removeConnectionsFromGroups(["g", "h"], odata`userId eq ${"anna"}`);
      assert.deepEqual(await listed("g"), []);
      assert.deepEqual(await listed("h"), [bert.connectionId]);
    });

    test("permission is granted, checked and revoked", async (t) => {
      const { client, connect } = arrange(t);
      const { connectionId } = await connect();
      for (const permission of ["joinLeaveGroup", "sendToGroup"]) {
        const target = { targetName: "g" };
        assert.equal(await client.hasPermission(connectionId, permission, target), false);
        await client.grantPermission(connectionId, permission, target);
        assert.equal(await client.hasPermission(connectionId, permission, target), true);
        await client.revokePermission(connectionId, permission, target);
        assert.equal(await client.hasPermission(connectionId, permission, target), false);
      }
      await assert.rejects(client.grantPermission("nothing", "sendToGroup", { targetName: "g" }), {
        statusCode: 404,
        code: "Info.Connection.NotExisted",
      });
    });

    test("listConnections gives pages and stops at top", async (t) => {
      const { client, connect } = arrange(t);
      const connected = [];
      for (let number = 0; number < 5; number += 1) connected.push((await connect({ groups: ["g"] })).connectionId);
      const group = client.group("g");
      const sizes = [];
      const listed = [];
      for await (const page of (await group.listConnections({ maxPageSize: 2 })).byPage()) {
        sizes.push(page.length);
        listed.push(...page.map((member) => member.connectionId));
      }
      assert.deepEqual(sizes, [2, 2, 1]);
      assert.deepEqual(listed.sort(), connected.sort());
      assert.equal((await members(group, { top: 3 })).length, 3);
    });

    test("wrong key is refused with 401", async () => {
      const { endpoint } = new WebPubSubServiceClient(connectionString, "hub");
      const stranger = new WebPubSubServiceClient(endpoint, new AzureKeyCredential("x".repeat(44)), "hub", options);
      await assert.rejects(stranger.sendToAll("hi", text), { statusCode: 401 });
      await assert.rejects(stranger.userExists("anna"), { statusCode: 401 });
    });

    test("invalid filter is refused with its code", async (t) => {
      const { client } = arrange(t);
      await assert.rejects(client.sendToAll("hi", { ...text, filter: "invalid filter" }), (error) => {
        assert.equal(error.statusCode, 400);
        assert.equal(error.details.errorCode, "Error.BadRequest");
        return true;
      });
    });
  });
}

test("http needs its option, so that nothing goes unencrypted by mistake", async () => {
  const client = new WebPubSubServiceClient(endpoints[0].connectionString, uniqueHub());
  await assert.rejects(client.sendToAll("hi", text), /allowInsecureConnection/);
});
