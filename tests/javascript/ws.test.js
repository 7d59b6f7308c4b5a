// `ws`, the WebSocket client most used with Node.js: plain and JSON clients as they are on the wire.

import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebSocket } from "ws";
import { endpoints, uniqueHub } from "./endpoints.js";
import { within } from "./mailbox.js";
import { Subscriber } from "./subscriber.js";

for (const { name, connectionString, options } of endpoints) {
  describe(`over ${name}`, () => {
    function arrange(t) {
      const service = new WebPubSubServiceClient(connectionString, uniqueHub(), options);
      const connect = async (claims = {}, { query = "", subprotocol } = {}) => {
        const { url } = await service.getClientAccessToken(claims);
        const subscriber = await Subscriber.open(url + query, subprotocol);
        t.after(() => subscriber.close());
        return subscriber;
      };
      return { service, connect };
    }

    test("JSON client joins, sends and hears itself before its ack", async (t) => {
      const { connect } = arrange(t);
      const roles = ["webpubsub.joinLeaveGroup.g", "webpubsub.sendToGroup.g"];
      const subscriber = await connect({ userId: "anna", roles });
      subscriber.send({ type: "joinGroup", group: "g", ackId: 1 });
      assert.deepEqual(await subscriber.message(), { type: "ack", ackId: 1, success: true });
      subscriber.send({ type: "sendToGroup", group: "g", ackId: 2, dataType: "text", data: "hi" });
      assert.deepEqual(await subscriber.message(), {
        type: "message",
        from: "group",
        group: "g",
        fromUserId: "anna",
        dataType: "text",
        data: "hi",
      });
      assert.deepEqual(await subscriber.message(), { type: "ack", ackId: 2, success: true });
      subscriber.send({ type: "ping" });
      assert.deepEqual(await subscriber.message(), { type: "pong" });
    });

    test("plain client sends to a group when its URL says so", async (t) => {
      const { connect } = arrange(t);
      const listener = await connect({ groups: ["g"] });
      const query = "&webpubsub_mode=sendToGroup&group=g";
      const plain = await connect({ userId: "anna", roles: ["webpubsub.sendToGroup.g"] }, { query, subprotocol: null });
      plain.send("hi");
      assert.deepEqual(await listener.message(), {
        type: "message",
        from: "group",
        group: "g",
        fromUserId: "anna",
        dataType: "text",
        data: "hi",
      });
    });

    test("malformed frame ends that connection only", async (t) => {
      const { service, connect } = arrange(t);
      const [careless, careful] = [await connect(), await connect()];
      careless.send("{");
      const [code] = await careless.closed();
      assert.equal(code, 1007);
      await service.sendToConnection(careful.connectionId, "still here", { contentType: "text/plain" });
      assert.equal((await careful.message()).data, "still here");
    });

    test("connection without a token is refused with 401", async (t) => {
      const { service } = arrange(t);
      const { baseUrl } = await service.getClientAccessToken();
      const [error] = await within(once(new WebSocket(baseUrl), "error"));
      assert.match(error.message, /401/);
    });

    test("token in the Authorization header opens a connection", async (t) => {
      const { service } = arrange(t);
      const { baseUrl, token } = await service.getClientAccessToken({ userId: "anna" });
      const socket = new WebSocket(baseUrl, { headers: { Authorization: `Bearer ${token}` } });
      t.after(() => socket.close());
      await within(once(socket, "open"));
      assert.equal(await service.userExists("anna"), true);
    });
  });
}
