// Streams and invocations of the official @azure/web-pubsub-client, unmodified, by both of its protocols.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebPubSubClient, WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } from "@azure/web-pubsub-client";
import { ApplicationServer } from "./application-server.js";
import { CuttableLine } from "./cuttable-line.js";
import { endpoints, uniqueHub } from "./endpoints.js";
import { eventually, Mailbox, within } from "./mailbox.js";

const keepAlive = { keepAliveIntervalInMs: 200, keepAliveTimeoutInMs: 3_000 };
const allRoles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

/** Gives a new hub: its name, its service client and a function that starts a client of it. */
function arrange(t, protocol, { connectionString, options }) {
  const hub = uniqueHub();
  const service = new WebPubSubServiceClient(connectionString, hub, options);
  const start = async (claims = {}, way = service) => {
    const credential = {
      getClientAccessUrl: async () =>
        (await way.getClientAccessToken({ userId: "anna", roles: allRoles, groups: ["g"], ...claims })).url,
    };
    const settings = { protocol: protocol(), messageRetryOptions: { maxRetries: 0 }, ...keepAlive };
    const client = new WebPubSubClient(credential, settings);
    const connected = new Mailbox();
    client.on("connected", (report) => connected.put(report));
    t.after(() => client.stop());
    await client.start();
    const { connectionId } = await connected.next();
    return { client, connected, connectionId };
  };
  return { hub, service, start };
}

/** Gives the streams that a client hears, each with what it brought, in order, and how it ended. */
function heardBy(client, options) {
  const streams = new Mailbox();
  client.onGroupStream(async (stream) => {
    const heard = { streamId: stream.streamId, groupName: stream.groupName, parts: [], error: null };
    try {
      for await (const { data, dataType, fromUserId } of stream) heard.parts.push({ data, dataType, fromUserId });
    } catch (error) {
      heard.error = error;
    }
    streams.put(heard);
  }, options);
  return streams;
}

const texts = ({ parts }) => parts.map(({ data }) => data);

for (const [protocolName, protocol] of [
  ["the JSON protocol", WebPubSubJsonProtocol],
  ["the reliable JSON protocol", WebPubSubJsonReliableProtocol],
]) {
  describe(`streams by ${protocolName}`, () => {
    for (const endpoint of endpoints) {
      test(`what is written over ${endpoint.name} is read in order, up to the end`, async (t) => {
        const { start } = arrange(t, protocol, endpoint);
        const [publisher, member] = [await start(), await start({ userId: "bert" })];
        const streams = heardBy(member.client);
        const stream = await within(publisher.client.openGroupStream("g"));
        await stream.write("grüße", "text");
        await stream.write({ a: [1, null] }, "json");
        await stream.write(new Uint8Array([0, 255]).buffer, "binary");
        await stream.end();
        const heard = await streams.next();
        const from = { fromUserId: "anna" };
        assert.deepEqual(heard, {
          streamId: stream.streamId,
          groupName: "g",
          parts: [
            { data: "grüße", dataType: "text", ...from },
            { data: { a: [1, null] }, dataType: "json", ...from },
            { data: new Uint8Array([0, 255]).buffer, dataType: "binary", ...from },
          ],
          error: null,
        });
      });
    }

    test("hundreds of fragments at once, of two streams", async (t) => {
      const { start } = arrange(t, protocol, endpoints[0]);
      const [publisher, member] = [await start(), await start()];
      const streams = heardBy(member.client);
      const errors = [];
      // Fewer in all than are kept for a reliable client, which acknowledges once a second.
      const sent = Array.from({ length: 400 }, (_, number) => `${number}`);
      await Promise.all(
        ["a", "b"].map(async (streamId) => {
          const stream = await within(publisher.client.openGroupStream("g", { streamId }));
          stream.onError((error) => errors.push(error));
          await Promise.all(sent.map((text) => stream.write(`${streamId}${text}`, "text")));
          await stream.end();
        }),
      );
      for (const heard of [await streams.next(), await streams.next()]) {
        assert.equal(heard.error, null);
        assert.deepEqual(
          texts(heard),
          sent.map((text) => heard.streamId + text),
        );
      }
      assert.deepEqual(errors, []);
    });

    test("without the role no stream opens, and the reason is told", async (t) => {
      const { start } = arrange(t, protocol, endpoints[0]);
      const { client } = await start({ roles: [] });
      await assert.rejects(within(client.openGroupStream("g")), {
        name: "Forbidden",
        message: "The client does not have permission to send to group 'g'.",
      });
    });

    test("an idle time of nothing is refused", async (t) => {
      const { start } = arrange(t, protocol, endpoints[0]);
      const { client } = await start();
      await assert.rejects(within(client.openGroupStream("g", { idleTimeoutInMs: 0 })), { name: "BadRequest" });
    });

    test("an id may be used again once its stream has ended", async (t) => {
      const { start } = arrange(t, protocol, endpoints[0]);
      const { client } = await start();
      const streams = heardBy(client);
      for (const text of ["first", "second"]) {
        const stream = await within(client.openGroupStream("g", { streamId: "same" }));
        await stream.write(text, "text");
        await stream.end();
        assert.deepEqual(texts(await streams.next()), [text]);
        // The client lets go of the id when the service has confirmed the end.
        await eventually(() => !client._outboundStreams.has("same"));
      }
    });

    test("readers of an aborted stream get its words", async (t) => {
      const { start } = arrange(t, protocol, endpoints[0]);
      const [publisher, member] = [await start(), await start()];
      const streams = heardBy(member.client);
      const stream = await within(publisher.client.openGroupStream("g"));
      await stream.write("begun", "text");
      await stream.abort({ message: "gave up", userErrorCode: "E1" });
      const heard = await streams.next();
      assert.deepEqual(texts(heard), ["begun"]);
      assert.deepEqual(heard.error, { name: "UserError", message: "gave up", userErrorCode: "E1" });
    });

    test("both sides of an idle stream are told", async (t) => {
      const { start } = arrange(t, protocol, endpoints[0]);
      const [publisher, member] = [await start(), await start()];
      const streams = heardBy(member.client);
      const stream = await within(publisher.client.openGroupStream("g", { idleTimeoutInMs: 100 }));
      const errors = new Mailbox();
      stream.onError((error) => errors.put(error));
      await stream.write("begun", "text");
      assert.equal((await errors.next()).name, "IdleTimeout");
      assert.equal((await streams.next()).error.name, "IdleTimeout");
      await assert.rejects(stream.write("late", "text"));
    });

    test("a revoked permission ends the stream at its next fragment", async (t) => {
      const { service, start } = arrange(t, protocol, endpoints[0]);
      const [publisher, member] = [await start(), await start()];
      const streams = heardBy(member.client);
      const stream = await within(publisher.client.openGroupStream("g"));
      const errors = new Mailbox();
      stream.onError((error) => errors.put(error));
      await service.revokePermission(publisher.connectionId, "sendToGroup", { targetName: "g" });
      await stream.write("unheard", "text");
      assert.equal((await errors.next()).name, "Forbidden");
      const heard = await streams.next();
      assert.deepEqual([texts(heard), heard.error.name], [[], "Forbidden"]);
    });

    test("readers are told when the publisher is closed", async (t) => {
      const { service, start } = arrange(t, protocol, endpoints[0]);
      const [publisher, member] = [await start(), await start()];
      const streams = heardBy(member.client);
      const stream = await within(publisher.client.openGroupStream("g"));
      await stream.write("begun", "text");
      await service.closeConnection(publisher.connectionId);
      const heard = await streams.next();
      assert.deepEqual([texts(heard), heard.error.name], [["begun"], "Cancelled"]);
      // A client that is stopped on its way back goes on all the same.
      await publisher.connected.next();
    });

    test("a publisher hears its own stream unless it does not want to", async (t) => {
      const { start } = arrange(t, protocol, endpoints[0]);
      const { client } = await start();
      const streams = heardBy(client);
      for (const noEcho of [true, false]) {
        const stream = await within(client.openGroupStream("g", { noEcho }));
        await stream.write(`noEcho ${noEcho}`, "text");
        await stream.end();
      }
      assert.deepEqual(texts(await streams.next()), ["noEcho false"]);
    });

    test("who joins late may leave out what has begun, or hear the rest", async (t) => {
      const { start } = arrange(t, protocol, endpoints[0]);
      const publisher = await start({ groups: [] });
      const stream = await within(publisher.client.openGroupStream("g"));
      await stream.write("early", "text");
      const [rest, none] = [await start(), await start()];
      const [heard, unheard] = [heardBy(rest.client), heardBy(none.client, { handleFromStart: true })];
      await stream.write("late", "text");
      await stream.end();
      const other = await within(publisher.client.openGroupStream("g"));
      await other.end();
      assert.deepEqual(texts(await heard.next()), ["late"]);
      assert.equal((await unheard.next()).streamId, other.streamId);
    });
  });

  describe(`invocations by ${protocolName}`, () => {
    let application;
    before(async () => (application = await ApplicationServer.start()));
    after(() => application.stop());

    /** Starts a client of a hub whose event handler does what an event's name says. */
    async function invoker(t) {
      const { hub, service, start } = arrange(t, protocol, endpoints[0]);
      const held = new Mailbox();
      await application.handle(hub, {
        handleUserEvent: ({ context, data, dataType }, response) => {
          if (context.eventName === "hold") held.put(response);
          else if (context.eventName === "fail") response.fail(400, "no");
          else if (context.eventName === "nothing") response.success();
          else if (dataType === "binary") response.success(Buffer.from(data), "binary");
          else response.success(dataType === "json" ? JSON.stringify(data) : data, dataType);
        },
      });
      const { client } = await start();
      // Behind the client's own stop: a stopped reliable client may come back, and its end would be half a minute off.
      t.after(() => service.closeAllConnections());
      return { client, held };
    }

    test("an answer comes back as it was given", async (t) => {
      const { client } = await invoker(t);
      for (const [content, dataType] of [
        ["grüße", "text"],
        [{ a: [1, null] }, "json"],
        [new Uint8Array([0, 255]).buffer, "binary"],
      ]) {
        const result = await within(client.invokeEvent("echo", content, dataType));
        assert.deepEqual([result.dataType, result.data], [dataType, content]);
      }
    });

    test("an answer without data is a success", async (t) => {
      const { client } = await invoker(t);
      const { dataType, data } = await within(client.invokeEvent("nothing", "hi", "text"));
      assert.deepEqual([dataType, data], [undefined, undefined]);
    });

    test("a failure is an error, and the client goes on", async (t) => {
      const { client } = await invoker(t);
      await assert.rejects(within(client.invokeEvent("fail", "hi", "text")), (error) => {
        assert.deepEqual(error.errorDetail, { name: "InternalServerError", message: "Internal server error" });
        return true;
      });
      assert.equal((await within(client.invokeEvent("echo", "hi", "text"))).data, "hi");
    });

    test("many at once are each answered", async (t) => {
      const { client } = await invoker(t);
      const numbers = Array.from({ length: 20 }, (_, number) => number);
      const answers = await within(Promise.all(numbers.map((number) => client.invokeEvent("echo", number, "json"))));
      assert.deepEqual(
        answers.map(({ data }) => data),
        numbers,
      );
    });

    test("an aborted invocation is cancelled and holds nothing up", async (t) => {
      const { client, held } = await invoker(t);
      const controller = new AbortController();
      const invoked = client.invokeEvent("hold", "hi", "text", { abortSignal: controller.signal });
      await held.next();
      controller.abort();
      await assert.rejects(within(invoked), /cancelled/);
      assert.equal((await within(client.invokeEvent("echo", "after", "text"))).data, "after");
    });
  });
}

describe("streams across a cut line", () => {
  test("a publisher goes on where it was", async (t) => {
    const line = await CuttableLine.open(endpoints[0].connectionString);
    const { hub, start } = arrange(t, WebPubSubJsonReliableProtocol, endpoints[0]);
    const way = new WebPubSubServiceClient(line.connectionString, hub, endpoints[0].options);
    const [publisher, member] = [await start({}, way), await start()];
    t.after(() => line.close());
    const streams = heardBy(member.client);
    const stream = await within(publisher.client.openGroupStream("g"));
    const errors = [];
    stream.onError((error) => errors.push(error));
    const sent = Array.from({ length: 200 }, (_, number) => `${number}`);
    for (const [number, text] of sent.entries()) {
      const written = stream.write(text, "text");
      if (number % 50 === 25) line.cut();
      await within(written);
    }
    await within(stream.end());
    const heard = await streams.next();
    assert.deepEqual([texts(heard), heard.error, errors], [sent, null, []]);
  });

  test("a reader misses nothing", async (t) => {
    const line = await CuttableLine.open(endpoints[0].connectionString);
    const { hub, start } = arrange(t, WebPubSubJsonReliableProtocol, endpoints[0]);
    const way = new WebPubSubServiceClient(line.connectionString, hub, endpoints[0].options);
    const [publisher, member] = [await start(), await start({}, way)];
    t.after(() => line.close());
    const streams = heardBy(member.client);
    const stream = await within(publisher.client.openGroupStream("g"));
    await stream.write("before", "text");
    line.break();
    await stream.write("meanwhile", "text");
    line.mend();
    await stream.write("after", "text");
    await stream.end();
    const heard = await streams.next();
    assert.deepEqual([texts(heard), heard.error], [["before", "meanwhile", "after"], null]);
  });
});
