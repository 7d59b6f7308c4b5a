// The official @azure/web-pubsub-client, unmodified, with its JSON protocol.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { SendMessageError, WebPubSubClient, WebPubSubJsonProtocol } from "@azure/web-pubsub-client";
import { endpoints, uniqueHub } from "./endpoints.js";
import { Mailbox, eventually } from "./mailbox.js";

const eventNames = ["connected", "disconnected", "stopped", "server-message", "group-message", "rejoin-group-failed"];
// A stopped client keeps its process until the timers of its keep-alive have run out: by default 40 s.
const keepAlive = { keepAliveIntervalInMs: 200, keepAliveTimeoutInMs: 3_000 };
const allRoles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

for (const { name, connectionString, options } of endpoints) {
  describe(`over ${name}`, () => {
    /** Gives the service client of a new hub, and a function that starts a client with the given claims. */
    function arrange(t) {
      const service = new WebPubSubServiceClient(connectionString, uniqueHub(), options);
      const start = async (claims = {}) => {
        const credential = {
          getClientAccessUrl: async () =>
            (await service.getClientAccessToken({ userId: "anna", roles: allRoles, ...claims })).url,
        };
        const client = new WebPubSubClient(credential, {
          protocol: WebPubSubJsonProtocol(),
          messageRetryOptions: { maxRetries: 0 },
          ...keepAlive,
        });
        const events = {};
        for (const event of eventNames) {
          events[event] = new Mailbox();
          client.on(event, (report) => events[event].put(report));
        }
        t.after(() => client.stop());
        await client.start();
        return { client, events };
      };
      return { service, start };
    }

    test("connected names connection and user", async (t) => {
      const { service, start } = arrange(t);
      const { events } = await start();
      const { connectionId, userId } = await events.connected.next();
      assert.equal(userId, "anna");
      assert.equal(await service.connectionExists(connectionId), true);
    });

    for (const [dataType, content] of [
      ["text", "grüße"],
      ["json", { a: [1, null] }],
      ["binary", new Uint8Array([0, 255]).buffer],
      // A google.protobuf.Any with an empty value.
      ["protobuf", new TextEncoder().encode("\n\u0020type.googleapis.com/example.Note").buffer],
    ]) {
      test(`group message with ${dataType} data arrives as it was sent`, async (t) => {
        const { start } = arrange(t);
        const { client, events } = await start();
        await client.joinGroup("g/1 é");
        await client.sendToGroup("g/1 é", content, dataType);
        const { message } = await events["group-message"].next();
        assert.deepEqual([message.group, message.fromUserId, message.dataType], ["g/1 é", "anna", dataType]);
        assert.deepEqual(message.data, content);
      });
    }

    test("noEcho reaches the others only", async (t) => {
      const { start } = arrange(t);
      const sender = await start({ groups: ["g"] });
      const other = await start({ groups: ["g"] });
      await sender.client.sendToGroup("g", "others", "text", { noEcho: true });
      await sender.client.sendToGroup("g", "all", "text", { fireAndForget: true });
      const heard = async ({ events }) => (await events["group-message"].next()).message.data;
      assert.equal(await heard(other), "others");
      assert.equal(await heard(other), "all");
      assert.equal(await heard(sender), "all");
    });

    test("left group is heard no more", async (t) => {
      const { start } = arrange(t);
      const { client, events } = await start({ groups: ["kept"] });
      await client.joinGroup("left");
      await client.leaveGroup("left");
      await client.sendToGroup("left", "unheard", "text");
      await client.sendToGroup("kept", "heard", "text");
      assert.equal((await events["group-message"].next()).message.data, "heard");
    });

    test("server messages arrive as they were sent", async (t) => {
      const { service, start } = arrange(t);
      const { events } = await start();
      await service.sendToAll("grüße", { contentType: "text/plain" });
      await service.sendToAll({ n: 1 });
      await service.sendToAll(new Uint8Array([0, 255]).buffer);
      const heard = async () => {
        const { message } = await events["server-message"].next();
        return [message.dataType, message.data];
      };
      assert.deepEqual(await heard(), ["text", "grüße"]);
      assert.deepEqual(await heard(), ["json", { n: 1 }]);
      assert.deepEqual(await heard(), ["binary", new Uint8Array([0, 255]).buffer]);
    });

    test("missing permission is a failed ack", async (t) => {
      const { start } = arrange(t);
      const { client } = await start({ roles: [] });
      for (const [action, explanation] of [
        [() => client.joinGroup("g"), "The client does not have permission to join group 'g'."],
        [() => client.leaveGroup("g"), "The client does not have permission to leave group 'g'."],
        [() => client.sendToGroup("g", "hi", "text"), "The client does not have permission to send to group 'g'."],
      ]) {
        await assert.rejects(action, (error) => {
          assert.ok(error instanceof SendMessageError);
          assert.deepEqual(error.errorDetail, { name: "Forbidden", message: explanation });
          return true;
        });
      }
    });

    test("event without handler is a failed ack", async (t) => {
      const { start } = arrange(t);
      const { client } = await start();
      await assert.rejects(client.sendEvent("news", "hi", "text"), (error) => {
        assert.equal(error.errorDetail.name, "InternalServerError");
        return true;
      });
    });

    test("repeated ack id is a success that sends nothing", async (t) => {
      const { start } = arrange(t);
      const { client, events } = await start({ groups: ["g"] });
      assert.deepEqual(await client.sendToGroup("g", "first", "text", { ackId: 7 }), { ackId: 7, isDuplicated: false });
      assert.deepEqual(await client.sendToGroup("g", "again", "text", { ackId: 7 }), { ackId: 7, isDuplicated: true });
      await client.sendToGroup("g", "last", "text");
      assert.equal((await events["group-message"].next()).message.data, "first");
      assert.equal((await events["group-message"].next()).message.data, "last");
    });

    test("client closed by the service reports it, comes back and joins its groups again", async (t) => {
      const { service, start } = arrange(t);
      const { client, events } = await start();
      const first = await events.connected.next();
      await client.joinGroup("g");
      await service.closeConnection(first.connectionId, { reason: "over" });
      const { connectionId, message } = await events.disconnected.next();
      assert.equal(connectionId, first.connectionId);
      assert.equal(message.message, "Application server closed the connection. Reason: over");
      const second = await events.connected.next();
      assert.notEqual(second.connectionId, first.connectionId);
      await eventually(() => service.groupExists("g"));
    });

    test("stopped client reports it and its connection ends", async (t) => {
      const { service, start } = arrange(t);
      const { client, events } = await start();
      const { connectionId } = await events.connected.next();
      client.stop();
      assert.equal((await events.disconnected.next()).connectionId, connectionId);
      await events.stopped.next();
      await eventually(async () => !(await service.connectionExists(connectionId)));
    });

    test("client with a wrong token does not start", async (t) => {
      const { service } = arrange(t);
      const { url } = await service.getClientAccessToken();
      const client = new WebPubSubClient(`${url}x`, { protocol: WebPubSubJsonProtocol(), ...keepAlive });
      await assert.rejects(client.start(), /401/);
    });
  });
}
