// A client of the playground's own: one connection, its state, and every frame both ways.

import { signal } from "@preact/signals";
import { toBase64 } from "../parts/hex";
import { protocolNamed, type Frame, type Protocol } from "./protocols";

export interface PassedFrame {
  number: number;
  at: number;
  way: "in" | "out" | "note";
  /** As it went over the wire; bytes as base64. */
  text: string | null;
  base64: string | null;
  /** What it means, in the words of the JSON protocol. */
  decoded: Frame | null;
}

export type LineState = "none" | "connecting" | "open" | "cut" | "closed";

const KEPT = 500;

export class PlaygroundClient {
  readonly state = signal<LineState>("none");
  readonly frames = signal<PassedFrame[]>([]);
  readonly connectionId = signal("");
  protocol: Protocol = protocolNamed("json.webpubsub.azure.v1");
  #socket: WebSocket | null = null;
  #url = "";
  #reconnectionToken = "";
  #passed = 0;
  #isCut = false;
  #heard = 0;
  #ackId = 0;

  connect(url: string, protocol: Protocol): void {
    this.close();
    this.protocol = protocol;
    this.#url = url;
    this.#reconnectionToken = "";
    this.#heard = 0;
    this.#ackId = 0;
    this.connectionId.value = "";
    this.#open(url);
  }

  /** Drop the socket as a broken line would: without the close code that says farewell. */
  cut(): void {
    this.#isCut = true;
    this.#socket?.close();
  }

  /** Come back to the connection whose line was cut. */
  recover(): void {
    const url = new URL(this.#url);
    url.searchParams.set("awps_connection_id", this.connectionId.value);
    url.searchParams.set("awps_reconnection_token", this.#reconnectionToken);
    this.#open(url.href);
  }

  /** Say farewell; nobody can come back to the connection. */
  close(): void {
    this.#socket?.close(1000);
  }

  get isRecoverable(): boolean {
    return this.protocol.isReliable && this.#reconnectionToken !== "";
  }

  nextAckId(): number {
    this.#ackId += 1;
    return this.#ackId;
  }

  send(frame: Frame): void {
    const wire = this.protocol.encode(frame);
    this.#pass("out", wire, this.protocol.isPlain ? null : frame);
    this.#socket?.send(wire);
  }

  /** Send what is typed, right or wrong. */
  sendRaw(wire: string | Uint8Array<ArrayBuffer>): void {
    this.#pass("out", wire, null);
    this.#socket?.send(wire);
  }

  clear(): void {
    this.frames.value = [];
  }

  #open(url: string): void {
    this.state.value = "connecting";
    this.#isCut = false;
    const socket = this.protocol.name ? new WebSocket(url, this.protocol.name) : new WebSocket(url);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      this.state.value = "open";
      this.#note(socket.protocol ? `Connected; the server chose ${socket.protocol}` : "Connected, as a plain client");
    };
    socket.onmessage = ({ data }) => this.#hear(data as string | ArrayBuffer);
    socket.onclose = (event) => socket === this.#socket && this.#ended(event);
  }

  #hear(data: string | ArrayBuffer): void {
    const wire = typeof data === "string" ? data : new Uint8Array(data);
    const frame = this.protocol.decode(wire);
    this.#pass("in", wire, frame);
    if (frame === null) return;
    if (frame.type === "system" && frame["event"] === "connected") {
      this.connectionId.value = String(frame["connectionId"] ?? "");
      if (frame["reconnectionToken"]) this.#reconnectionToken = String(frame["reconnectionToken"]);
    }
    const sequenceId = Number(frame["sequenceId"] ?? 0);
    if (frame.type === "message" && sequenceId > 0) {
      this.#heard = Math.max(this.#heard, sequenceId);
      this.send({ type: "sequenceAck", sequenceId: this.#heard });
    }
  }

  #ended(event: CloseEvent): void {
    const said = event.reason ? `: ${event.reason}` : "";
    if (this.#isCut) {
      this.state.value = this.isRecoverable ? "cut" : "closed";
      this.#note("The line is cut");
    } else {
      this.state.value = "closed";
      this.#note(
        event.code === 1006 ? "The connection was refused or broke (1006)" : `Closed with ${event.code}${said}`,
      );
    }
  }

  #note(text: string): void {
    this.#add({ way: "note", text, base64: null, decoded: null });
  }

  #pass(way: "in" | "out", wire: string | Uint8Array, decoded: Frame | null): void {
    const isText = typeof wire === "string";
    this.#add({ way, text: isText ? wire : null, base64: isText ? null : toBase64(wire), decoded });
  }

  #add(frame: Omit<PassedFrame, "number" | "at">): void {
    this.#passed += 1;
    this.frames.value = [{ ...frame, number: this.#passed, at: Date.now() }, ...this.frames.value.slice(0, KEPT - 1)];
  }
}
