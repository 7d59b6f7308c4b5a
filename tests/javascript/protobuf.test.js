// protobufjs with the schema that the server is shipped with: what a client of the protobuf subprotocols does.

import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import protobuf from "protobufjs";
import { endpoints, uniqueHub } from "./endpoints.js";
import { Subscriber } from "./subscriber.js";

const SCHEMA = fileURLToPath(new URL("../../src/linarite/protocols/webpubsub.proto", import.meta.url));
const PROTOBUF = "protobuf.webpubsub.azure.v1";
const RELIABLE_PROTOBUF = "protobuf.reliable.webpubsub.azure.v1";
const ROLES = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

let upstream;
let downstream;

before(async () => {
  const root = await protobuf.load(SCHEMA);
  upstream = root.lookupType("azure.webpubsub.UpstreamMessage");
  downstream = root.lookupType("azure.webpubsub.DownstreamMessage");
});

class ProtobufClient {
  #subscriber;

  static async open(url, subprotocol) {
    const client = new ProtobufClient();
    client.#subscriber = await Subscriber.open(url, subprotocol);
    client.connected = (await client.message()).systemMessage.connectedMessage;
    return client;
  }

  /** Gives the next message; 64-bit numbers are numbers, and what is absent is not there. */
  async message() {
    return downstream.toObject(downstream.decode(await this.#subscriber.frame()), { longs: Number });
  }

  send(message) {
    this.#subscriber.send(upstream.encode(upstream.fromObject(message)).finish());
  }

  close() {
    this.#subscriber.close();
  }
}

for (const { name, connectionString, options } of endpoints) {
  for (const subprotocol of [PROTOBUF, RELIABLE_PROTOBUF]) {
    describe(`${subprotocol} over ${name}`, () => {
      const isReliable = subprotocol === RELIABLE_PROTOBUF;
      const numbered = (sequenceId) => (isReliable ? { sequenceId } : {});

      function arrange(t) {
        const service = new WebPubSubServiceClient(connectionString, uniqueHub(), options);
        const connect = async (claims = {}) => {
          const { url } = await service.getClientAccessToken(claims);
          const client = await ProtobufClient.open(url, subprotocol);
          t.after(() => client.close());
          return client;
        };
        return { service, connect };
      }

      test("client joins, sends and hears itself before its ack", async (t) => {
        const { connect } = arrange(t);
        const client = await connect({ userId: "anna", roles: ROLES });
        assert.equal(client.connected.userId, "anna");
        assert.equal("reconnectionToken" in client.connected, isReliable);
        client.send({ joinGroupMessage: { group: "g", ackId: 1 } });
        assert.deepEqual(await client.message(), { ackMessage: { ackId: 1, success: true } });
        client.send({ sendToGroupMessage: { group: "g", ackId: 2, data: { textData: "hi" } } });
        const data = { textData: "hi" };
        assert.deepEqual(await client.message(), { dataMessage: { from: "group", group: "g", data, ...numbered(1) } });
        assert.deepEqual(await client.message(), { ackMessage: { ackId: 2, success: true } });
        client.send({ pingMessage: {} });
        assert.deepEqual(await client.message(), { pongMessage: {} });
      });

      test("client without the role is told so", async (t) => {
        const { connect } = arrange(t);
        const client = await connect();
        client.send({ joinGroupMessage: { group: "g", ackId: 1 } });
        const { ackMessage } = await client.message();
        assert.equal(ackMessage.error.name, "Forbidden");
        assert.ok(!ackMessage.success);
      });

      test("every kind of data comes through, and what the application server sends", async (t) => {
        const { service, connect } = arrange(t);
        const sender = await connect({ roles: ROLES });
        const reader = await connect({ groups: ["g"] });
        const kinds = [
          { textData: "" },
          { jsonData: '{"a": 1.0}' },
          { binaryData: Buffer.from([0, 255]) },
          { protobufData: { type_url: "type.googleapis.com/google.protobuf.Empty", value: Buffer.from([]) } },
        ];
        for (const [index, data] of kinds.entries()) {
          sender.send({ sendToGroupMessage: { group: "g", data } });
          const expected = downstream.fromObject({ dataMessage: { from: "group", group: "g", data } });
          const { dataMessage } = await reader.message();
          assert.deepEqual(dataMessage, {
            ...downstream.toObject(expected).dataMessage,
            ...numbered(index + 1),
          });
        }
        await service.sendToAll({ a: 1 });
        const { dataMessage } = await reader.message();
        assert.deepEqual(dataMessage, { from: "server", data: { jsonData: '{"a":1}' }, ...numbered(kinds.length + 1) });
      });

      test("stream reaches the group in order", async (t) => {
        const { connect } = arrange(t);
        const publisher = await connect({ roles: ROLES });
        const subscriber = await connect({ groups: ["g"] });
        publisher.send({ sendToGroupMessage: { group: "g", stream: { streamId: "s" } } });
        assert.deepEqual(await publisher.message(), { streamAckMessage: { streamId: "s", expectedSequenceId: 1 } });
        publisher.send({ streamDataMessage: { streamId: "s", streamSequenceId: 1, data: { textData: "hi" } } });
        assert.deepEqual((await subscriber.message()).dataMessage.stream, { streamId: "s", streamSequenceId: 1 });
        publisher.send({ streamEndMessage: { streamId: "s" } });
        const { dataMessage } = await subscriber.message();
        assert.deepEqual(dataMessage.stream, { streamId: "s", streamSequenceId: 2, endOfStream: true });
        assert.deepEqual(dataMessage.data, { textData: "" });
        assert.deepEqual(await publisher.message(), { streamAckMessage: { streamId: "s", expectedSequenceId: 2 } });
        assert.deepEqual(await publisher.message(), { streamClosedMessage: { streamId: "s" } });
      });
    });
  }
}
