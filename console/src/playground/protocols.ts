// The protocols that a browser can speak. Frames are told in the words of the JSON protocol, whatever the wire is.

import { decodeFrame, encodeFrame } from "./protobuf-frames";

export interface Frame {
  type: string;
  [member: string]: unknown;
}

export interface Protocol {
  /** The subprotocol; empty for plain clients, who offer none. */
  name: string;
  title: string;
  isReliable: boolean;
  isPlain: boolean;
  encode: (frame: Frame) => string | Uint8Array<ArrayBuffer>;
  /** The frame, or null where it is none: plain clients hear the data alone. */
  decode: (wire: string | Uint8Array<ArrayBuffer>) => Frame | null;
}

const json = {
  isPlain: false,
  encode: (frame: Frame) => JSON.stringify(frame),
  decode: (wire: string | Uint8Array) => (typeof wire === "string" ? parsed(wire) : null),
};

const protobuf = {
  isPlain: false,
  encode: encodeFrame,
  decode: (wire: string | Uint8Array<ArrayBuffer>) => (typeof wire === "string" ? null : decodeFrame(wire)),
};

export const PROTOCOLS: readonly Protocol[] = [
  { ...json, name: "json.webpubsub.azure.v1", title: "JSON", isReliable: false },
  { ...json, name: "json.reliable.webpubsub.azure.v1", title: "Reliable JSON", isReliable: true },
  { ...protobuf, name: "protobuf.webpubsub.azure.v1", title: "Protobuf", isReliable: false },
  { ...protobuf, name: "protobuf.reliable.webpubsub.azure.v1", title: "Reliable protobuf", isReliable: true },
  {
    name: "",
    title: "None, a plain client",
    isReliable: false,
    isPlain: true,
    encode: (frame) => String(frame["data"] ?? ""),
    decode: () => null,
  },
];

export function protocolNamed(name: string): Protocol {
  const found = PROTOCOLS.find((one) => one.name === name);
  if (!found) throw new Error(`expected a known protocol, got ${name}`);
  return found;
}

function parsed(text: string): Frame | null {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null && "type" in value ? (value as Frame) : null;
  } catch {
    return null;
  }
}
