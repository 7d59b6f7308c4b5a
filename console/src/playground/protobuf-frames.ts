// Frames of the protobuf subprotocols, told in the words of the JSON ones: the fields of `webpubsub.proto`.

import { fromBase64, toBase64 } from "../parts/hex";
import type { Frame } from "./protocols";
import { decode, encode, type Fields, type Message, type Value } from "./protobuf-wire";

const DATA: Fields = {
  1: ["textData", "text"],
  2: ["binaryData", "bytes"],
  3: ["protobufData", "bytes"], // an Any, which is passed on as it stands
  4: ["jsonData", "text"],
};
const STREAM_START: Fields = { 1: ["streamId", "text"], 2: ["idleTimeoutMs", "number"] };
const ERROR: Fields = { 1: ["name", "text"], 2: ["message", "text"] };

const GROUP: Fields = { 1: ["group", "text"], 2: ["ackId", "number"] };
const UPSTREAM: Fields = {
  1: [
    "sendToGroup",
    {
      ...GROUP,
      3: ["data", DATA],
      4: ["noEcho", "flag"],
      5: ["ttlSeconds", "number"],
      6: ["metadata", "texts"],
      7: ["stream", STREAM_START],
    },
  ],
  5: ["event", { 1: ["event", "text"], 2: ["data", DATA], 3: ["ackId", "number"], 4: ["metadata", "texts"] }],
  6: ["joinGroup", GROUP],
  7: ["leaveGroup", GROUP],
  8: ["sequenceAck", { 1: ["sequenceId", "number"] }],
  9: ["ping", {}],
  10: ["invoke", { 1: ["event", "text"], 2: ["invocationId", "text"], 3: ["data", DATA], 4: ["metadata", "texts"] }],
  11: ["cancelInvocation", { 1: ["invocationId", "text"] }],
  13: ["streamData", { 1: ["streamId", "text"], 2: ["streamSequenceId", "number"], 3: ["data", DATA] }],
  14: [
    "streamEnd",
    { 1: ["streamId", "text"], 2: ["error", { 1: ["message", "text"], 2: ["userErrorCode", "text"] }] },
  ],
};

const STREAM: Fields = {
  1: ["streamId", "text"],
  2: ["streamSequenceId", "number"],
  3: ["endOfStream", "flag"],
  4: ["error", { ...ERROR, 3: ["userErrorCode", "text"] }],
};
const DOWNSTREAM: Fields = {
  1: ["ack", { 1: ["ackId", "number"], 2: ["success", "flag"], 3: ["error", ERROR] }],
  2: [
    "message",
    {
      1: ["from", "text"],
      2: ["group", "text"],
      3: ["data", DATA],
      4: ["sequenceId", "number"],
      5: ["metadata", "texts"],
      6: ["stream", STREAM],
    },
  ],
  3: [
    "system",
    {
      1: ["connected", { 1: ["connectionId", "text"], 2: ["userId", "text"], 3: ["reconnectionToken", "text"] }],
      2: ["disconnected", { 2: ["message", "text"] }],
    },
  ],
  4: ["pong", {}],
  5: [
    "invokeResponse",
    {
      1: ["invocationId", "text"],
      2: ["success", "flag"],
      3: ["data", DATA],
      4: ["error", ERROR],
      5: ["metadata", "texts"],
    },
  ],
  6: ["streamAck", { 1: ["streamId", "text"], 2: ["expectedSequenceId", "number"] }],
  7: [
    "streamNack",
    { 1: ["streamId", "text"], 2: ["name", "text"], 3: ["message", "text"], 4: ["expectedSequenceId", "number"] },
  ],
  8: ["streamClosed", { 1: ["streamId", "text"], 2: ["error", ERROR] }],
};

/** The bytes of a frame that a client sends. */
export function encodeFrame(frame: Frame): Uint8Array<ArrayBuffer> {
  const { type, dataType, data, ...members } = frame;
  const message = members as Message;
  if (dataType !== undefined) message["data"] = dataOf(String(dataType), data);
  return encode({ [type]: message }, UPSTREAM);
}

/** The frame that bytes of the server are; null if they are none. */
export function decodeFrame(bytes: Uint8Array<ArrayBuffer>): Frame | null {
  try {
    const [type, message] = Object.entries(decode(bytes, DOWNSTREAM))[0] ?? [];
    if (type === undefined) return null;
    return type === "system" ? systemFrame(message as Message) : { type, ...plain(message as Message) };
  } catch {
    return null;
  }
}

function systemFrame(message: Message): Frame {
  const [event, members] = Object.entries(message)[0] ?? ["unknown", {}];
  return { type: "system", event, ...(members as Message) };
}

/** A message with its data as in a JSON frame. Fields that protobuf leaves out have their zero. */
function plain({ data, ...members }: Message): Record<string, unknown> {
  if ("success" in members === false && ("ackId" in members || "invocationId" in members)) members["success"] = false;
  return data === undefined ? members : { ...members, ...dataMembers(data as Message) };
}

function dataOf(dataType: string, data: unknown): Message {
  switch (dataType) {
    case "json":
      return { jsonData: JSON.stringify(data) };
    case "binary":
      return { binaryData: fromBase64(String(data)) };
    case "protobuf":
      return { protobufData: fromBase64(String(data)) };
    default:
      return { textData: String(data) };
  }
}

function dataMembers(data: Message): Record<string, unknown> {
  const [name, value] = Object.entries(data)[0] ?? ["textData", ""];
  const dataType = name.replace("Data", "");
  return { dataType, data: jsonOf(name, value) };
}

function jsonOf(name: string, value: Value | undefined): unknown {
  if (value instanceof Uint8Array) return toBase64(value);
  return name === "jsonData" ? (JSON.parse(String(value)) as unknown) : value;
}
