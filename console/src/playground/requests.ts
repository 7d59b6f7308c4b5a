// What a client can ask for, as a draft that a form fills in, and as the frame that it becomes.

import type { Frame } from "./protocols";

export const KINDS = [
  ["joinGroup", "Join a group"],
  ["leaveGroup", "Leave a group"],
  ["sendToGroup", "Publish to a group"],
  ["event", "Send an event"],
  ["invoke", "Invoke an event and wait for its answer"],
  ["cancelInvocation", "Cancel an invocation"],
  ["streamStart", "Begin a stream into a group"],
  ["streamData", "Send a piece of a stream"],
  ["streamEnd", "End a stream"],
  ["ping", "Ping"],
  ["raw", "A frame as typed"],
] as const;

export type Kind = (typeof KINDS)[number][0];

export const DATA_TYPES = [
  ["text", "Text"],
  ["json", "JSON"],
  ["binary", "Binary, as base64"],
  ["protobuf", "Protobuf Any, as base64"],
] as const;

export interface Draft {
  kind: Kind;
  group: string;
  event: string;
  dataType: string;
  data: string;
  noEcho: boolean;
  wantsAck: boolean;
  invocationId: string;
  streamId: string;
  streamSequenceId: number;
}

export const FIRST_DRAFT: Draft = {
  kind: "joinGroup",
  group: "room",
  event: "hello",
  dataType: "text",
  data: "hello",
  noEcho: false,
  wantsAck: true,
  invocationId: "1",
  streamId: "stream-1",
  streamSequenceId: 1,
};

type Member = "group" | "event" | "data" | "noEcho" | "wantsAck" | "invocationId" | "streamId" | "streamSequenceId";

const MEMBERS: Record<Kind, readonly Member[]> = {
  joinGroup: ["group", "wantsAck"],
  leaveGroup: ["group", "wantsAck"],
  sendToGroup: ["group", "data", "noEcho", "wantsAck"],
  event: ["event", "data", "wantsAck"],
  invoke: ["event", "invocationId", "data"],
  cancelInvocation: ["invocationId"],
  streamStart: ["group", "streamId", "noEcho"],
  streamData: ["streamId", "streamSequenceId", "data"],
  streamEnd: ["streamId"],
  ping: [],
  raw: [],
};

/** Whether a kind of request has a member. */
export function has(kind: Kind, member: Member): boolean {
  return MEMBERS[kind].includes(member);
}

/** The frame of a draft. Throws a SyntaxError for data that is to be JSON and is not. */
export function frameOf(draft: Draft, nextAckId: () => number): Frame {
  const { kind, group, event, invocationId, streamId, streamSequenceId } = draft;
  const ack = draft.wantsAck ? { ackId: nextAckId() } : {};
  const noEcho = draft.noEcho ? { noEcho: true } : {};
  switch (kind) {
    case "joinGroup":
    case "leaveGroup":
      return { type: kind, group, ...ack };
    case "sendToGroup":
      return { type: kind, group, ...dataOf(draft), ...noEcho, ...ack };
    case "event":
      return { type: kind, event, ...dataOf(draft), ...ack };
    case "invoke":
      return { type: kind, invocationId, target: "event", event, ...dataOf(draft) };
    case "cancelInvocation":
      return { type: kind, invocationId };
    case "streamStart":
      return { type: "sendToGroup", group, stream: { streamId }, ...noEcho };
    case "streamData":
      return { type: kind, streamId, streamSequenceId, ...dataOf(draft) };
    case "streamEnd":
      return { type: kind, streamId };
    default:
      return { type: "ping" };
  }
}

/** The draft after it has been sent: pieces and invocations are numbered on. */
export function afterwards(draft: Draft): Draft {
  if (draft.kind === "streamData") return { ...draft, streamSequenceId: draft.streamSequenceId + 1 };
  if (draft.kind === "streamStart") return { ...draft, kind: "streamData", streamSequenceId: 1 };
  if (draft.kind === "invoke" && /^\d+$/.test(draft.invocationId)) {
    return { ...draft, invocationId: String(Number(draft.invocationId) + 1) };
  }
  return draft;
}

function dataOf({ dataType, data }: Draft): { dataType: string; data: unknown } {
  return { dataType, data: dataType === "json" ? (JSON.parse(data) as unknown) : data };
}
