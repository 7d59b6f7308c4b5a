// The official @azure/web-pubsub-express, unmodified, as the event handler of a hub.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { WebPubSubServiceClient } from "@azure/web-pubsub";
import { WebSocket } from "ws";
import { ApplicationServer } from "./application-server.js";
import { endpoints, uniqueHub } from "./endpoints.js";
import { Mailbox, within } from "./mailbox.js";
import { Subscriber } from "./subscriber.js";

const JSON_PROTOCOL = "json.webpubsub.azure.v1";
const PRESENCE = { groupPresenceEvents: { eventNames: ["joined", "left"] } };

let application;

before(async () => (application = await ApplicationServer.start()));
after(() => application.stop());

/** Gives what a client is answered that may not come in: the status, the body and its type. */
async function refusal(url) {
  const [, response] = await within(once(new WebSocket(url), "unexpected-response"));
  const chunks = await within(response.toArray());
  return { status: response.statusCode, body: Buffer.concat(chunks).toString() };
}

/** Gives a hub whose events the handler gets, what it heard besides its answers, and a way to its clients. */
async function arrange(t, options, settings, endpoint = endpoints[0]) {
  const hub = uniqueHub();
  const service = new WebPubSubServiceClient(endpoint.connectionString, hub, endpoint.options);
  const heard = { connected: new Mailbox(), disconnected: new Mailbox(), joined: new Mailbox(), left: new Mailbox() };
  const notes = {
    onConnected: (request) => heard.connected.put(request),
    onDisconnected: (request) => heard.disconnected.put(request),
    onGroupJoined: (request) => heard.joined.put(request),
    onGroupLeft: (request) => heard.left.put(request),
  };
  await application.handle(hub, { ...notes, ...options }, settings);
  const url = async (claims = {}) => (await service.getClientAccessToken(claims)).url;
  const connect = async (claims, subprotocol) => {
    const subscriber = await Subscriber.open(await url(claims), subprotocol);
    t.after(() => subscriber.close());
    return subscriber;
  };
  return { hub, service, heard, url, connect };
}

const succeeded = (ackId) => ({ type: "ack", ackId, success: true });
const failed = (ackId) => ({
  type: "ack",
  ackId,
  success: false,
  error: { name: "InternalServerError", message: "Internal server error" },
});
const fromServer = (dataType, data) => ({ type: "message", from: "server", dataType, data });

describe("handshake", () => {
  for (const endpoint of endpoints) {
    test(`a handler for the ${endpoint.name} endpoint alone is asked`, async (t) => {
      const { origin } = new URL(/Endpoint=([^;]+)/.exec(endpoint.connectionString)[1]);
      const options = { allowedEndpoints: ["https://other.example", origin] };
      const { connect, heard } = await arrange(t, options, {}, endpoint);
      await connect({ userId: "anna" });
      assert.equal((await heard.connected.next()).context.origin, new URL(origin).hostname);
    });
  }

  test("a handler of other services is asked nothing", async (t) => {
    const asked = [];
    const { url } = await arrange(t, {
      allowedEndpoints: ["https://other.example"],
      handleConnect: (request, response) => asked.push(request) && response.success(),
    });
    assert.deepEqual(await refusal(await url()), { status: 500, body: "" });
    assert.deepEqual(asked, []);
  });
});

describe("connect", () => {
  test("the handler hears who wants in and how", async (t) => {
    const requests = new Mailbox();
    const { hub, url } = await arrange(t, {
      handleConnect: (request, response) => requests.put(request) || response.success(),
    });
    const address = (await url({ userId: "anna", roles: ["webpubsub.sendToGroup.g"] })) + "&tag=a&tag=b%20c";
    const socket = new WebSocket(address, ["first", JSON_PROTOCOL], { headers: { "X-Custom": "value" } });
    t.after(() => socket.close());
    await within(once(socket, "open"));
    const { context, claims, queries, headers, subprotocols, clientCertificates } = await requests.next();
    assert.deepEqual([context.hub, context.userId, context.eventName], [hub, "anna", "connect"]);
    assert.deepEqual([claims.sub, claims.role], [["anna"], ["webpubsub.sendToGroup.g"]]);
    assert.deepEqual(queries, { tag: ["a", "b c"] });
    const sent = Object.fromEntries(Object.entries(headers).map(([name, values]) => [name.toLowerCase(), values]));
    assert.deepEqual([sent["x-custom"], sent.authorization], [["value"], undefined]);
    assert.deepEqual([subprotocols, clientCertificates], [["first", JSON_PROTOCOL], []]);
  });

  for (const [how, options] of [
    ["without a callback", {}],
    ["with success and nothing else", { handleConnect: (_, response) => response.success() }],
    ["with an empty object", { handleConnect: (_, response) => response.success({}) }],
  ]) {
    test(`${how}, the token decides alone`, async (t) => {
      const { connect, heard } = await arrange(t, options, PRESENCE);
      const subscriber = await connect({ userId: "anna", groups: ["g"] });
      assert.equal(subscriber.connected.userId, "anna");
      assert.equal((await heard.connected.next()).context.userId, "anna");
      assert.equal((await heard.joined.next()).group, "g");
    });
  }

  test("user, groups, roles and subprotocol of the reply replace those of the token", async (t) => {
    const reply = { userId: "bert", groups: ["h"], roles: ["webpubsub.sendToGroup.h"], subprotocol: JSON_PROTOCOL };
    const options = { handleConnect: (_, response) => response.success(reply) };
    const { service, connect, heard } = await arrange(t, options);
    const subscriber = await connect({ userId: "anna", groups: ["g"], roles: ["webpubsub.sendToGroup.g"] });
    assert.equal(subscriber.connected.userId, "bert");
    assert.equal((await heard.connected.next()).context.userId, "bert");
    assert.deepEqual([await service.userExists("bert"), await service.userExists("anna")], [true, false]);
    assert.deepEqual([await service.groupExists("h"), await service.groupExists("g")], [true, false]);
    const send = { type: "sendToGroup", dataType: "text", data: "hi", noEcho: true };
    subscriber.send({ ...send, group: "h", ackId: 1 });
    assert.deepEqual(await subscriber.message(), succeeded(1));
    subscriber.send({ ...send, group: "g", ackId: 2 });
    assert.equal((await subscriber.message()).error.name, "Forbidden");
  });

  test("a subprotocol of the application's own makes a plain connection", async (t) => {
    const { url } = await arrange(t, {
      handleConnect: (request, response) => response.success({ subprotocol: request.subprotocols[1] }),
      handleUserEvent: (request, response) => response.success(`${request.dataType} ${request.data}`, "text"),
    });
    const socket = new WebSocket(await url(), [JSON_PROTOCOL, "chat.v1"]);
    t.after(() => socket.close());
    await within(once(socket, "open"));
    assert.equal(socket.protocol, "chat.v1");
    socket.send("hi");
    const [data] = await within(once(socket, "message"));
    assert.equal(data.toString(), "text hi");
  });

  for (const [how, status, refuse] of [
    ["fail(401)", 401, (response) => response.fail(401, "denied")],
    ["fail(400)", 400, (response) => response.fail(400, "denied")],
    ["failWith", 401, (response) => response.failWith({ code: 401, detail: "denied" })],
  ]) {
    test(`${how} reaches the client, who never was here`, async (t) => {
      const { service, url, heard, connect } = await arrange(t, {
        handleConnect: (request, response) =>
          request.context.userId === "eve" ? refuse(response) : response.success(),
      });
      assert.deepEqual(await refusal(await url({ userId: "eve" })), { status, body: "denied" });
      assert.equal(await service.userExists("eve"), false);
      (await connect({ userId: "anna" })).close();
      assert.equal((await heard.connected.next()).context.userId, "anna");
      assert.equal((await heard.disconnected.next()).context.userId, "anna");
    });
  }
});

describe("connected and disconnected", () => {
  test("the handler hears the client's own reason", async (t) => {
    const { url, heard } = await arrange(t, {});
    const socket = new WebSocket(await url({ userId: "anna" }));
    await within(once(socket, "open"));
    const { context } = await heard.connected.next();
    socket.close(1000, "going home");
    const end = await heard.disconnected.next();
    assert.equal(end.reason, "going home");
    assert.deepEqual([end.context.userId, end.context.connectionId], ["anna", context.connectionId]);
  });

  test("the handler hears the reason that the application gave", async (t) => {
    const { service, connect, heard } = await arrange(t, {});
    const subscriber = await connect();
    await service.closeConnection(subscriber.connectionId, { reason: "over" });
    const { reason } = await heard.disconnected.next();
    assert.equal(reason, "Application server closed the connection. Reason: over");
  });

  test("groups are joined and left between the two", async (t) => {
    const { service, connect, heard } = await arrange(t, {}, PRESENCE);
    const subscriber = await connect({ groups: ["g"] });
    assert.equal((await heard.joined.next()).group, "g");
    await service.group("h").addConnection(subscriber.connectionId);
    assert.equal((await heard.joined.next()).group, "h");
    await service.group("h").removeConnection(subscriber.connectionId);
    assert.equal((await heard.left.next()).group, "h");
    subscriber.close();
    const { group, context } = await heard.left.next();
    assert.deepEqual([group, context.connectionId], ["g", subscriber.connectionId]);
  });
});

describe("user events", () => {
  /** Answers with what the event was, in the form that it asks for. */
  const echo = {
    handleUserEvent: ({ context, data, dataType }, response) => {
      const shown = data instanceof Uint8Array ? [...data] : data;
      const said = { event: context.eventName, dataType, data: shown };
      const form = context.eventName.replace("message", "json");
      if (form === "none") response.success();
      else if (form === "binary") response.success(Buffer.from([0, 255]), "binary");
      else response.success(form === "json" ? JSON.stringify(said) : `grüße ${dataType}`, form);
    },
  };

  for (const [event, dataType, data, reply] of [
    ["json", "text", "grüße", fromServer("json", { event: "json", dataType: "text", data: "grüße" })],
    ["json", "json", { a: [1, null] }, fromServer("json", { event: "json", dataType: "json", data: { a: [1, null] } })],
    ["json", "binary", "AP8=", fromServer("json", { event: "json", dataType: "binary", data: [0, 255] })],
    ["text", "json", 1, fromServer("text", "grüße json")],
    ["binary", "text", "hi", fromServer("binary", "AP8=")],
  ]) {
    test(`a JSON client that sends ${dataType} is answered ${event}, then its ack`, async (t) => {
      const { connect } = await arrange(t, echo);
      const subscriber = await connect();
      subscriber.send({ type: "event", event, ackId: 7, dataType, data });
      assert.deepEqual(await subscriber.message(), reply);
      assert.deepEqual(await subscriber.message(), succeeded(7));
    });
  }

  test("a success without data is the ack alone", async (t) => {
    const { connect } = await arrange(t, echo);
    const subscriber = await connect();
    subscriber.send({ type: "event", event: "none", ackId: 1, dataType: "text", data: "hi" });
    assert.deepEqual(await subscriber.message(), succeeded(1));
  });

  test("without a callback every event succeeds", async (t) => {
    const { connect } = await arrange(t, {});
    const subscriber = await connect();
    subscriber.send({ type: "event", event: "any", ackId: 1, dataType: "text", data: "hi" });
    assert.deepEqual(await subscriber.message(), succeeded(1));
  });

  test("a plain client's text and bytes are events named message", async (t) => {
    const { connect } = await arrange(t, echo);
    const plain = await connect({}, null);
    plain.send("grüße");
    assert.deepEqual(await plain.message(), { event: "message", dataType: "text", data: "grüße" });
    plain.send(Buffer.from([0, 255]));
    assert.deepEqual(await plain.message(), { event: "message", dataType: "binary", data: [0, 255] });
  });

  for (const [form, frame] of [
    ["text", "hi"],
    ["json", '{"a":1}'],
    ["binary", Buffer.from([0, 255])],
  ]) {
    test(`a plain client is answered ${form} as it is`, async (t) => {
      const { connect } = await arrange(t, {
        handleUserEvent: (_, response) => response.success(frame, form),
      });
      const plain = await connect({}, null);
      plain.send("ask");
      assert.deepEqual(await plain.frame(), frame);
    });
  }

  for (const code of [400, 401]) {
    const failing = { handleUserEvent: (_, response) => response.fail(code, "no") };

    test(`fail(${code}) is a failed ack, and the connection goes on`, async (t) => {
      const { connect } = await arrange(t, failing);
      const subscriber = await connect();
      for (const ackId of [1, 1, 2]) {
        subscriber.send({ type: "event", event: "any", ackId, dataType: "text", data: "hi" });
        assert.deepEqual(await subscriber.message(), failed(ackId));
      }
    });

    test(`fail(${code}) ends a plain connection`, async (t) => {
      const { connect, heard } = await arrange(t, failing);
      const plain = await connect({}, null);
      plain.send("hi");
      const [closed] = await plain.closed();
      assert.equal(closed, 1011);
      await heard.disconnected.next();
    });
  }
});

describe("connection state", () => {
  test("it is kept from connect to disconnected, and replaced by an event that succeeds", async (t) => {
    const events = new Mailbox();
    const { connect, heard } = await arrange(t, {
      handleConnect: (_, response) => {
        response.setState("count", 1);
        response.setState("name", "grüße");
        response.success();
      },
      handleUserEvent: ({ context }, response) => {
        events.put({ ...context.states });
        response.setState("count", context.states.count + 1);
        if (context.eventName === "bad") response.fail(400);
        else response.success();
      },
    });
    const subscriber = await connect();
    const state = (count) => ({ count, name: "grüße" });
    assert.deepEqual((await heard.connected.next()).context.states, state(1));
    for (const [ackId, event, count] of [
      [1, "good", 1],
      [2, "bad", 2],
      [3, "good", 2],
    ]) {
      subscriber.send({ type: "event", event, ackId, dataType: "text", data: "hi" });
      assert.deepEqual(await events.next(), state(count));
      assert.deepEqual(await subscriber.message(), event === "bad" ? failed(ackId) : succeeded(ackId));
    }
    subscriber.close();
    assert.deepEqual((await heard.disconnected.next()).context.states, state(3));
  });
});
