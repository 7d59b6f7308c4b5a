// The official @azure/web-pubsub-client, unmodified, with the protocol that it speaks by default: reliable JSON.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import {
  SendMessageError,
  WebPubSubClient,
  WebPubSubJsonProtocol,
  WebPubSubJsonReliableProtocol,
} from "@azure/web-pubsub-client";
import { ApplicationServer } from "./application-server.js";
import { CuttableLine } from "./cuttable-line.js";
import { endpoints, uniqueHub } from "./endpoints.js";
import { eventually, Mailbox, within } from "./mailbox.js";
import { OwnServer } from "./own-server.js";
import { Subscriber } from "./subscriber.js";

const eventNames = ["connected", "disconnected", "stopped", "server-message", "group-message", "rejoin-group-failed"];
const allRoles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
// Nothing but the times: they are of the client's own making, and by default a second and more.
const hasty = {
  keepAliveIntervalInMs: 200,
  keepAliveTimeoutInMs: 3_000,
  messageRetryOptions: { maxRetries: 5, retryDelayInMs: 50 },
  reconnectRetryOptions: { maxRetries: 40, retryDelayInMs: 50 },
};

/** Gives a new hub: its service client, the line that its clients come by, and a function that starts one. */
async function arrange(t, { connectionString, options } = endpoints[0]) {
  const hub = uniqueHub();
  const service = new WebPubSubServiceClient(connectionString, hub, options);
  const line = await CuttableLine.open(connectionString);
  const way = new WebPubSubServiceClient(line.connectionString, hub, options);
  const clients = [];
  const make = (claims = {}, settings = {}) => {
    // Claims are asked for at each new connection.
    const claimed = typeof claims === "function" ? claims : () => claims;
    const credential = {
      getClientAccessUrl: async () =>
        (await way.getClientAccessToken({ userId: "anna", roles: allRoles, ...claimed() })).url,
    };
    const client = new WebPubSubClient(credential, { ...hasty, ...settings });
    const events = {};
    for (const event of eventNames) {
      events[event] = new Mailbox();
      client.on(event, (report) => events[event].put(report));
    }
    clients.push(client);
    return { client, events };
  };
  const start = async (...how) => {
    const { client, events } = make(...how);
    await client.start();
    const { connectionId } = await events.connected.next();
    return { client, events, connectionId };
  };
  t.after(async () => {
    for (const client of clients) client.stop();
    // One that has stopped may come back, so that its end would be half a minute off.
    await service.closeAllConnections();
    line.close();
  });
  return { hub, service, line, start };
}

const texts = async ({ events }, count, event = "group-message") => {
  const heard = [];
  while (heard.length < count) heard.push((await events[event].next()).message.data);
  return heard;
};
const numbers = (count, from = 0) => Array.from({ length: count }, (_, index) => `${from + index}`);
const isGone = (service, connectionId) => eventually(async () => !(await service.connectionExists(connectionId)));

for (const endpoint of endpoints) {
  describe(`over ${endpoint.name}`, () => {
    test("messages of every type arrive in order, numbered from 1", async (t) => {
      const { service, start } = await arrange(t, endpoint);
      const { client, events } = await start({ groups: ["g"] });
      const contents = [
        ["text", "grüße"],
        ["json", { a: [1, null] }],
        ["binary", new Uint8Array([0, 255]).buffer],
        // A google.protobuf.Any with an empty value.
        ["protobuf", new TextEncoder().encode("\n\u0020type.googleapis.com/example.Note").buffer],
      ];
      for (const [dataType, content] of contents) await client.sendToGroup("g", content, dataType);
      await service.sendToAll("end", { contentType: "text/plain" });
      for (const [index, [dataType, data]] of contents.entries()) {
        const { message } = await events["group-message"].next();
        const { group, fromUserId, sequenceId } = message;
        assert.deepEqual([group, fromUserId, sequenceId, message.dataType], ["g", "anna", index + 1, dataType]);
        assert.deepEqual(message.data, data);
      }
      const { message } = await events["server-message"].next();
      assert.deepEqual([message.data, message.sequenceId], ["end", contents.length + 1]);
    });

    test("a cut line is recovered: nothing is lost or doubled, and nobody hears of it", async (t) => {
      const { service, line, start } = await arrange(t, endpoint);
      const one = await start({ groups: ["g"] });
      const sent = numbers(100);
      for (const text of sent) {
        await service.group("g").sendToAll(text, { contentType: "text/plain" });
        if (text % 40 === 20) line.cut();
      }
      assert.deepEqual(await texts(one, 100), sent);
      await one.client.sendToGroup("g", "last", "text");
      await service.sendToConnection(one.connectionId, "same", { contentType: "text/plain" });
      assert.deepEqual(await texts(one, 1), ["last"]);
      assert.deepEqual(await texts(one, 1, "server-message"), ["same"]);
      assert.ok(one.events.connected.isEmpty && one.events.disconnected.isEmpty);
    });
  });
}

describe("recovery", { concurrency: 4 }, () => {
  test("what is said while the line is down comes afterwards, of groups and the server in one order", async (t) => {
    const { service, line, start } = await arrange(t);
    const { client, events } = await start();
    await client.joinGroup("g");
    const heard = [];
    client.on("group-message", ({ message }) => heard.push(message.data));
    client.on("server-message", ({ message }) => heard.push(message.data));
    line.break();
    for (const text of numbers(10)) {
      if (text % 2) await service.group("g").sendToAll(text, { contentType: "text/plain" });
      else await service.sendToAll(text, { contentType: "text/plain" });
    }
    line.mend();
    await eventually(() => heard.length >= 10);
    await client.sendToGroup("g", "10", "text");
    await eventually(() => heard.length >= 11);
    assert.deepEqual(heard, numbers(11));
    assert.ok(events.connected.isEmpty && events.disconnected.isEmpty);
  });

  test("the client takes over while its old socket is still open at the server", async (t) => {
    const { service, line, start } = await arrange(t);
    const one = await start({ groups: ["g"] });
    for (const text of numbers(3)) {
      line.lose();
      await service.group("g").sendToAll(text, { contentType: "text/plain" });
      assert.deepEqual(await texts(one, 1), [text]);
    }
    assert.equal(await service.connectionExists(one.connectionId), true);
    assert.ok(one.events.connected.isEmpty);
  });

  test("what two clients say to each other across many cuts arrives once and in order", async (t) => {
    const { line, start } = await arrange(t);
    const both = [await start({ groups: ["g"] }), await start({ groups: ["g"] })];
    const sent = numbers(60);
    let ackId = 1_000;
    for (const text of sent) {
      // With an id of the caller's, a repeated message is the same one.
      const said = both[text % 2].client.sendToGroup("g", text, "text", { ackId: ++ackId });
      if (text % 20 === 10) line.cut();
      await within(said);
    }
    for (const one of both) {
      assert.deepEqual(await texts(one, 60), sent);
      assert.ok(one.events["group-message"].isEmpty && one.events.connected.isEmpty);
    }
  });

  test("a publish whose ack is lost is said once", async (t) => {
    const { line, start } = await arrange(t);
    const [publisher, member] = [await start(), await start({ groups: ["g"] })];
    line.mute();
    const said = publisher.client.sendToGroup("g", "once", "text", { ackId: 70 });
    const probe = await start({ groups: ["g"] });
    await publisher.client.sendToGroup("g", "behind", "text", { fireAndForget: true });
    assert.deepEqual(await texts(probe, 1), ["behind"]);
    line.cut();
    assert.deepEqual(await within(said), { ackId: 70, isDuplicated: true });
    await publisher.client.sendToGroup("g", "last", "text");
    assert.deepEqual(await texts(member, 3), ["once", "behind", "last"]);
  });

  test("acknowledged messages make room: more of them than are kept", async (t) => {
    const protocol = WebPubSubJsonReliableProtocol();
    const acknowledged = [];
    const watched = {
      ...protocol,
      writeMessage: (message) => {
        if (message.kind === "sequenceAck") acknowledged.push(message.sequenceId);
        return protocol.writeMessage(message);
      },
      parseMessages: (input) => protocol.parseMessages(input),
    };
    const { start } = await arrange(t);
    const one = await start({ groups: ["g"] }, { protocol: watched });
    for (const round of [1, 2, 3]) {
      const sent = numbers(600, 600 * (round - 1));
      await Promise.all(sent.map((text) => one.client.sendToGroup("g", text, "text", { fireAndForget: true })));
      assert.deepEqual(await texts(one, 600), sent);
      await eventually(() => acknowledged.at(-1) === 600 * round);
    }
    assert.ok(one.events.disconnected.isEmpty);
  });

  test("pongs keep a client without traffic alive", async (t) => {
    const protocol = WebPubSubJsonReliableProtocol();
    let pongs = 0;
    const watched = {
      ...protocol,
      writeMessage: (message) => protocol.writeMessage(message),
      parseMessages: (input) => {
        const messages = protocol.parseMessages(input);
        if (messages?.kind === "pong") pongs += 1;
        return messages;
      },
    };
    const { service, start } = await arrange(t);
    const quick = { protocol: watched, keepAliveIntervalInMs: 50, keepAliveTimeoutInMs: 300 };
    const { events, connectionId } = await start({}, quick);
    await eventually(() => pongs >= 20);
    assert.ok(events.disconnected.isEmpty);
    assert.equal(await service.connectionExists(connectionId), true);
  });
});

describe("a connection that cannot be recovered", { concurrency: 8 }, () => {
  test("is told as closed by the service; the client connects anew and joins its groups again", async (t) => {
    const { service, start } = await arrange(t);
    const one = await start();
    await one.client.joinGroup("kept");
    await one.client.joinGroup("left");
    await one.client.leaveGroup("left");
    await service.closeConnection(one.connectionId, { reason: "over" });
    const { connectionId, message } = await one.events.disconnected.next();
    assert.equal(connectionId, one.connectionId);
    assert.equal(message.message, "Application server closed the connection. Reason: over");
    assert.notEqual((await one.events.connected.next()).connectionId, one.connectionId);
    for (const group of ["left", "kept"]) await service.group(group).sendToAll(group, { contentType: "text/plain" });
    const { message: first } = await one.events["group-message"].next();
    assert.deepEqual([first.data, first.sequenceId], ["kept", 1]);
  });

  test("because it ended while the line was down: the recovery is refused and a new connection made", async (t) => {
    const { service, line, start } = await arrange(t);
    const one = await start();
    await one.client.joinGroup("g");
    line.break();
    await service.closeConnection(one.connectionId);
    line.mend();
    assert.equal((await one.events.disconnected.next()).connectionId, one.connectionId);
    await one.events.connected.next();
    await one.client.sendToGroup("g", "again", "text");
    assert.deepEqual(await texts(one, 1), ["again"]);
    assert.ok(one.events.connected.isEmpty && one.events.disconnected.isEmpty);
  });

  test("asks once a second while the answer is a status of HTTP", async (t) => {
    const server = await OwnServer.start();
    const { hub, service, line, start } = await arrange(t, {
      ...endpoints[0],
      connectionString: server.connectionString,
    });
    t.after(() => server.close());
    const one = await start({ groups: ["g"] });
    const url = `${server.url}/linarite/development/faults`;
    const headers = { authorization: `Bearer ${server.administratorToken}`, "content-type": "application/json" };
    const fault = { kind: "refuseUpgrade", hub, status: 503, times: 2 };
    const made = await fetch(url, { method: "POST", headers, body: JSON.stringify(fault) });
    assert.equal(made.status, 201, await made.text());
    const refusals = async () => (await (await fetch(`${url}/record`, { headers })).json()).value;
    line.cut();
    await eventually(async () => (await refusals()).length === 2);
    await service.group("g").sendToAll("recovered", { contentType: "text/plain" });
    assert.deepEqual(await texts(one, 1), ["recovered"]);
    assert.ok(one.events.connected.isEmpty && one.events.disconnected.isEmpty);
    const [first, second] = (await refusals()).map(({ at }) => at);
    assert.ok(second - first >= 0.9, `expected a second between two attempts, got ${second - first} s`);
  });

  test("because it missed more than is kept", async (t) => {
    const { service, line, start } = await arrange(t);
    const one = await start({ groups: ["g"] });
    const { url } = await service.getClientAccessToken({ roles: allRoles });
    const publisher = await Subscriber.open(url);
    t.after(() => publisher.close());
    line.break();
    for (const data of numbers(1_001)) publisher.send({ type: "sendToGroup", group: "g", data });
    await isGone(service, one.connectionId);
    line.mend();
    assert.equal((await one.events.disconnected.next()).connectionId, one.connectionId);
    await one.events.connected.next();
    await service.group("g").sendToAll("new", { contentType: "text/plain" });
    assert.deepEqual(await texts(one, 1), ["new"]);
  });

  test("leaves groups that may not be joined again: the client reports each", async (t) => {
    const { service, start } = await arrange(t);
    let roles = ["webpubsub.joinLeaveGroup"];
    const one = await start(() => ({ roles }), { messageRetryOptions: { maxRetries: 0 } });
    for (const group of ["open", "shut"]) await one.client.joinGroup(group);
    roles = ["webpubsub.joinLeaveGroup.open"];
    await service.closeConnection(one.connectionId);
    const { group, error } = await one.events["rejoin-group-failed"].next();
    assert.deepEqual([group, error.errorDetail.name], ["shut", "Forbidden"]);
    const { connectionId } = await one.events.connected.next();
    assert.notEqual(connectionId, one.connectionId);
    await service.group("open").sendToAll("heard", { contentType: "text/plain" });
    assert.deepEqual(await texts(one, 1), ["heard"]);
    assert.ok(one.events["rejoin-group-failed"].isEmpty);
  });

  test("leaves its groups behind if the client does not want them again", async (t) => {
    const { service, start } = await arrange(t);
    const one = await start({}, { autoRejoinGroups: false });
    await one.client.joinGroup("g");
    await service.closeConnection(one.connectionId);
    await one.events.connected.next();
    assert.equal(await service.groupExists("g"), false);
  });

  test("stops a client that does not want to reconnect, which can be started again", async (t) => {
    const { service, start } = await arrange(t);
    const one = await start({}, { autoReconnect: false });
    await service.closeConnection(one.connectionId);
    await one.events.disconnected.next();
    await one.events.stopped.next();
    assert.ok(one.events.connected.isEmpty);
    await one.client.start();
    assert.notEqual((await one.events.connected.next()).connectionId, one.connectionId);
  });

  test("because the server was killed and knows none when it is back", async (t) => {
    const server = await OwnServer.start();
    const { service, start } = await arrange(t, { ...endpoints[0], connectionString: server.connectionString });
    t.after(() => server.close());
    const one = await start();
    await one.client.joinGroup("g");
    await server.kill();
    await server.start();
    assert.equal((await one.events.disconnected.next()).connectionId, one.connectionId);
    await one.events.connected.next();
    await service.group("g").sendToAll("back", { contentType: "text/plain" });
    assert.deepEqual(await texts(one, 1), ["back"]);
  });

  test("because its time was over; the next one can be", async (t) => {
    const server = await OwnServer.start("--recovery-window-seconds", "0.2");
    const { service, line, start } = await arrange(t, { ...endpoints[0], connectionString: server.connectionString });
    t.after(() => server.close());
    const one = await start({ groups: ["g"] });
    line.break();
    await isGone(service, one.connectionId);
    line.mend();
    await one.events.disconnected.next();
    assert.notEqual((await one.events.connected.next()).connectionId, one.connectionId);
    line.cut();
    await service.group("g").sendToAll("recovered", { contentType: "text/plain" });
    assert.deepEqual(await texts(one, 1), ["recovered"]);
    assert.ok(one.events.connected.isEmpty);
  });
});

describe("ids of the caller's", { concurrency: 4 }, () => {
  test("a repeated request is a success that does nothing, also on a recovered connection", async (t) => {
    const { line, start } = await arrange(t);
    const one = await start();
    const again = [true, false].map((isDuplicated) => ({ ackId: 7, isDuplicated }));
    assert.deepEqual(await one.client.joinGroup("g", { ackId: 7 }), again[1]);
    assert.deepEqual(await one.client.joinGroup("g", { ackId: 7 }), again[0]);
    line.cut();
    assert.deepEqual(await one.client.sendToGroup("g", "unheard", "text", { ackId: 7 }), again[0]);
    assert.deepEqual(await one.client.leaveGroup("other", { ackId: 8 }), { ackId: 8, isDuplicated: false });
    await one.client.sendToGroup("g", "heard", "text");
    assert.deepEqual(await texts(one, 1), ["heard"]);
  });

  test("a refused request is carried out with its id as soon as it may be", async (t) => {
    const { service, start } = await arrange(t);
    const one = await start({ roles: [] }, { messageRetryOptions: { maxRetries: 100, retryDelayInMs: 50 } });
    const joined = one.client.joinGroup("g", { ackId: 50 });
    const sent = one.client.sendToGroup("g", "hi", "text", { ackId: 51 });
    for (const permission of ["joinLeaveGroup", "sendToGroup"]) {
      await service.grantPermission(one.connectionId, permission, { targetName: "g" });
      await within(permission === "sendToGroup" ? sent : joined);
    }
    assert.deepEqual(await joined, { ackId: 50, isDuplicated: false });
    assert.deepEqual(await sent, { ackId: 51, isDuplicated: false });
    assert.deepEqual(await texts(one, 1), ["hi"]);
  });

  test("a request that stays refused is an error with the service's words", async (t) => {
    const { start } = await arrange(t);
    const { client } = await start({ roles: [] });
    await assert.rejects(within(client.leaveGroup("g", { ackId: 5 })), (error) => {
      assert.ok(error instanceof SendMessageError);
      const detail = { name: "Forbidden", message: "The client does not have permission to leave group 'g'." };
      assert.deepEqual([error.ackId, error.errorDetail], [5, detail]);
      return true;
    });
  });
});

describe("events", { concurrency: 4 }, () => {
  let application;
  before(async () => (application = await ApplicationServer.start()));
  after(() => application.stop());

  test("an event whose answer comes after a cut is carried out once", async (t) => {
    const { hub, line, start } = await arrange(t);
    const held = new Mailbox();
    await application.handle(hub, { handleUserEvent: ({ data }, response) => held.put({ data, response }) });
    const { client, events } = await start();
    const sent = client.sendEvent("order", "once", "text", { ackId: 9 });
    const first = await held.next();
    line.cut();
    first.response.success("done", "text");
    assert.deepEqual(await within(sent), { ackId: 9, isDuplicated: true });
    assert.equal(first.data, "once");
    assert.ok(held.isEmpty && events.connected.isEmpty);
    assert.deepEqual(await texts({ events }, 1, "server-message"), ["done"]);
  });

  test("event handlers hear of a connection once, however often it is recovered", async (t) => {
    const { hub, service, line, start } = await arrange(t);
    const told = [];
    await application.handle(hub, {
      handleConnect: (_, response) => {
        told.push("connect");
        response.success();
      },
      onConnected: () => told.push("connected"),
      onDisconnected: () => told.push("disconnected"),
    });
    const one = await start({ groups: ["g"] });
    for (const text of numbers(3)) {
      line.cut();
      await service.group("g").sendToAll(text, { contentType: "text/plain" });
      assert.deepEqual(await texts(one, 1), [text]);
    }
    await eventually(() => told.length >= 2);
    assert.deepEqual(told, ["connect", "connected"]);
    await service.closeConnection(one.connectionId);
    await one.events.connected.next();
    await eventually(() => told.length >= 5);
    assert.deepEqual(told.slice().sort(), ["connect", "connect", "connected", "connected", "disconnected"]);
  });

  test("an event that failed is sent again with its id until it succeeds", async (t) => {
    const { hub, start } = await arrange(t);
    let calls = 0;
    await application.handle(hub, {
      handleUserEvent: (_, response) => (++calls < 3 ? response.fail(400, "not yet") : response.success()),
    });
    const { client } = await start();
    assert.deepEqual(await client.sendEvent("order", "hi", "text", { ackId: 9 }), { ackId: 9, isDuplicated: false });
    assert.equal(calls, 3);
  });

  test("events without acks and with every type of data arrive", async (t) => {
    const { hub, start } = await arrange(t);
    const heard = new Mailbox();
    await application.handle(hub, {
      handleUserEvent: ({ context, data, dataType }, response) => {
        heard.put([context.eventName, context.userId, dataType, data]);
        response.success();
      },
    });
    const { client } = await start();
    const unacknowledged = await client.sendEvent("free", "hi", "text", { fireAndForget: true });
    assert.deepEqual(unacknowledged, { isDuplicated: false });
    await client.sendEvent("json", { n: 1 }, "json");
    await client.sendEvent("bytes", new Uint8Array([0, 255]).buffer, "binary");
    assert.deepEqual(await heard.next(), ["free", "anna", "text", "hi"]);
    assert.deepEqual(await heard.next(), ["json", "anna", "json", { n: 1 }]);
    const [name, , dataType, data] = await heard.next();
    assert.deepEqual([name, dataType, [...new Uint8Array(data)]], ["bytes", "binary", [0, 255]]);
  });
});

describe("start and stop", { concurrency: 4 }, () => {
  test("a stopped client reports its end, hears nothing more, and can start again", async (t) => {
    const { service, start } = await arrange(t);
    const one = await start();
    await one.client.joinGroup("g");
    await assert.rejects(one.client.start(), /only started when it's Stopped/);
    one.client.stop();
    assert.equal((await one.events.disconnected.next()).connectionId, one.connectionId);
    await one.events.stopped.next();
    await service.sendToAll("unheard");
    await assert.rejects(one.client.sendToGroup("g", "unsent", "text", { ackId: 1 }), SendMessageError);
    await one.client.start();
    assert.notEqual((await one.events.connected.next()).connectionId, one.connectionId);
    await one.client.sendToGroup("g", "again", "text");
    assert.deepEqual(await texts(one, 1), ["again"]);
    assert.ok(one.events["server-message"].isEmpty);
  });

  test("a listener that is taken off hears nothing", async (t) => {
    const { start } = await arrange(t);
    const one = await start({ groups: ["g"] });
    const unheard = new Mailbox();
    const listener = (report) => unheard.put(report);
    one.client.on("group-message", listener);
    one.client.off("group-message", listener);
    await one.client.sendToGroup("g", "hi", "text");
    assert.deepEqual(await texts(one, 1), ["hi"]);
    assert.ok(unheard.isEmpty);
  });

  test("a client whose address is a text starts, and one with a wrong token does not", async (t) => {
    const { service } = await arrange(t);
    const { url } = await service.getClientAccessToken();
    const good = new WebPubSubClient(url, hasty);
    const reports = new Mailbox();
    good.on("connected", (report) => reports.put(report));
    good.on("stopped", (report) => reports.put(report));
    await good.start();
    assert.equal(await service.connectionExists((await reports.next()).connectionId), true);
    good.stop();
    await reports.next();
    await assert.rejects(new WebPubSubClient(`${url}x`, hasty).start(), /401/);
  });

  test("an aborted request is given up, and the client goes on", async (t) => {
    const { start } = await arrange(t);
    const one = await start({ groups: ["g"] });
    const controller = new AbortController();
    const said = one.client.sendToGroup("g", "hi", "text", { abortSignal: controller.signal });
    controller.abort();
    await assert.rejects(within(said));
    await one.client.sendToGroup("g", "on", "text");
    assert.equal((await texts(one, 2)).at(-1), "on");
  });
});

describe("the protocol without recovery", { concurrency: 4 }, () => {
  test("a cut line is a new connection, with the groups of before", async (t) => {
    const { service, line, start } = await arrange(t);
    const one = await start({}, { protocol: WebPubSubJsonProtocol() });
    await one.client.joinGroup("g");
    line.cut();
    assert.equal((await one.events.disconnected.next()).connectionId, one.connectionId);
    assert.notEqual((await one.events.connected.next()).connectionId, one.connectionId);
    await isGone(service, one.connectionId);
    await one.client.sendToGroup("g", "again", "text");
    const { message } = await one.events["group-message"].next();
    assert.deepEqual([message.data, message.sequenceId], ["again", undefined]);
  });

  test("of a caller's own making works like the client's", async (t) => {
    const kinds = new Set();
    const own = {
      name: "JSON.webpubsub.azure.V1",
      isReliableSubProtocol: false,
      writeMessage: ({ group, ackId, data }) =>
        JSON.stringify(data ? { type: "sendToGroup", group, ackId, data } : { type: "joinGroup", group, ackId }),
      parseMessages: (input) => {
        const { type, event, data, ...others } = JSON.parse(input);
        const kind = { system: event, message: "groupData" }[type] ?? type;
        kinds.add(kind);
        return { kind, ...others, data: data?.toUpperCase() };
      },
    };
    const { line, start } = await arrange(t);
    const one = await start({}, { protocol: own, keepAliveIntervalInMs: 0 });
    await one.client.joinGroup("g");
    await one.client.sendToGroup("g", "hi", "json");
    assert.deepEqual(await texts(one, 1), ["HI"]);
    line.cut();
    await one.events.disconnected.next();
    await one.events.connected.next();
    assert.deepEqual(kinds, new Set(["connected", "ack", "groupData"]));
  });
});
