// Protocol Buffers as they go over the wire, by tables of fields ("Encoding", protobuf.dev).

export type Kind = "text" | "bytes" | "number" | "flag" | "texts" | Fields;

/** A message's fields by number: the name of the member, and what it holds. `texts` is a map of texts. */
export interface Fields {
  readonly [number: number]: readonly [name: string, kind: Kind];
}

export type Value = string | number | boolean | Uint8Array<ArrayBuffer> | Message;

export interface Message {
  [member: string]: Value | undefined;
}

const VARINT = 0;
const EIGHT_BYTES = 1;
const LENGTH = 2;
const FOUR_BYTES = 5;
const ENTRY: Fields = { 1: ["key", "text"], 2: ["value", "text"] };

export function encode(message: Message, fields: Fields): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (const [number, [name, kind]] of Object.entries(fields)) {
    const value = message[name];
    if (value === undefined) continue;
    if (kind === "texts") {
      for (const [key, text] of Object.entries(value)) {
        putBytes(bytes, Number(number), encode({ key, value: String(text) }, ENTRY));
      }
    } else if (kind === "number" || kind === "flag") {
      putVarint(bytes, BigInt(Number(number) * 8 + VARINT));
      putVarint(bytes, BigInt(value as number | boolean));
    } else {
      putBytes(bytes, Number(number), bytesOf(value, kind));
    }
  }
  return Uint8Array.from(bytes);
}

/** The message; fields that the table does not have are passed over. Throws a RangeError for what is none. */
export function decode(bytes: Uint8Array<ArrayBuffer>, fields: Fields): Message {
  const reader = new Reader(bytes);
  const message: Message = {};
  while (!reader.isDone) {
    const tag = Number(reader.varint());
    const value = reader.value(tag % 8);
    const field = fields[Math.floor(tag / 8)];
    if (field === undefined) continue;
    const [name, kind] = field;
    if (kind === "texts") {
      const { key = "", value: text = "" } = decode(expectBytes(value), ENTRY);
      message[name] = { ...(message[name] as Message | undefined), [String(key)]: text };
    } else {
      message[name] = valueOf(value, kind);
    }
  }
  return message;
}

function bytesOf(value: Value, kind: "text" | "bytes" | Fields): Uint8Array<ArrayBuffer> {
  if (kind === "text") return new TextEncoder().encode(String(value));
  return kind === "bytes" ? (value as Uint8Array<ArrayBuffer>) : encode(value as Message, kind);
}

function valueOf(value: bigint | Uint8Array<ArrayBuffer>, kind: Exclude<Kind, "texts">): Value {
  if (kind === "number") return Number(value as bigint);
  if (kind === "flag") return value !== 0n;
  const bytes = expectBytes(value);
  if (kind === "text") return new TextDecoder().decode(bytes);
  return kind === "bytes" ? bytes : decode(bytes, kind);
}

function expectBytes(value: bigint | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (typeof value === "bigint") throw new RangeError("expected a field with a length, got a number");
  return value;
}

function putBytes(into: number[], number: number, bytes: Uint8Array): void {
  putVarint(into, BigInt(number * 8 + LENGTH));
  putVarint(into, BigInt(bytes.length));
  for (const byte of bytes) into.push(byte);
}

function putVarint(into: number[], value: bigint): void {
  let rest = BigInt.asUintN(64, value);
  while (rest > 0x7fn) {
    into.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  into.push(Number(rest));
}

class Reader {
  #position = 0;

  constructor(private readonly bytes: Uint8Array<ArrayBuffer>) {}

  get isDone(): boolean {
    return this.#position >= this.bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.bytes[this.#position++];
      if (byte === undefined) break;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError("expected a number, got the end of the message");
  }

  value(wireType: number): bigint | Uint8Array<ArrayBuffer> {
    if (wireType === VARINT) return this.varint();
    if (wireType === LENGTH) return this.#take(Number(this.varint()));
    if (wireType === EIGHT_BYTES) return this.#take(8);
    if (wireType === FOUR_BYTES) return this.#take(4);
    throw new RangeError(`expected a wire type that is in use, got ${wireType}`);
  }

  #take(length: number): Uint8Array<ArrayBuffer> {
    const end = this.#position + length;
    if (end > this.bytes.length) throw new RangeError("expected more bytes, got the end of the message");
    const taken = this.bytes.slice(this.#position, end);
    this.#position = end;
    return taken;
  }
}
