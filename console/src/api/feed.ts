// The feed: lines that the server sends as things happen, over a connection that mends itself.

import { messageOf, query, send } from "./call";

export interface ShownText {
  text: string | null;
  base64: string | null;
  cut: boolean;
}

export interface MessageLine {
  kind: "message";
  number: number;
  at: string;
  direction: "in" | "out";
  resource: string;
  hub: string;
  connection: string | null;
  user: string | null;
  /** The sender, where it is a client of a user. */
  fromUser?: string | null;
  group: string | null;
  type: string;
  bytes: number;
  receivers: number | null;
  data: ShownText | null;
  frame: ShownText | null;
}

export interface CountersLine {
  kind: "counters";
  at: string;
  seconds: number;
  connections: number | null;
  connectionsOpened: number | null;
  connectionsClosed: number | null;
  messagesIn: number | null;
  messagesOut: number | null;
  bytesIn: number | null;
  bytesOut: number | null;
  calls: { count: number; failed: number; averageMs: number | null; slowestMs: number | null } | null;
  restCalls: number | null;
  rejected: Record<string, number>;
}

export interface LogLine {
  kind: "log";
  entry: Record<string, unknown>;
}

export interface SkippedLine {
  kind: "skipped";
  messages: number;
  calls: number;
  logs: number;
}

export type FeedLine =
  | MessageLine
  | CountersLine
  | LogLine
  | SkippedLine
  | { kind: "hello"; show: string[]; messagesPerSecond: number; interval: number }
  | { kind: "call"; call: unknown };

export type FeedState = { is: "connecting" } | { is: "open" } | { is: "lost"; message: string };

/** What a state is called for people. */
export function feedStateText(state: FeedState): string {
  if (state.is === "lost") return `${state.message} Trying again…`;
  return state.is === "open" ? "Live" : "Connecting…";
}

export type FeedQuery = Record<string, string | undefined> & { show: string };

// A line comes at least once a second; five without one and the way is broken, whatever the socket says.
const SILENCE_MS = 5_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5_000;
// No line is longer: two texts of 2 KiB and some names. What is, is not a feed.
const LONGEST_LINE = 4 * 1024 * 1024;

/**
 * Read the feed until the returned function is called; it is opened again whenever it ends.
 *
 * A page that nobody sees reads none: looking has its price for the server.
 */
export function openFeed(
  wanted: FeedQuery,
  onLines: (lines: FeedLine[]) => void,
  onState: (state: FeedState) => void,
): () => void {
  const ended = new AbortController();
  const keepOpen = async (): Promise<void> => {
    let pause = FIRST_RETRY_MS;
    while (!ended.signal.aborted) {
      try {
        onState({ is: "connecting" });
        await untilSeen(ended.signal);
        await readOnce(wanted, whileSeen(ended.signal), (lines) => {
          pause = FIRST_RETRY_MS;
          onState({ is: "open" });
          onLines(lines);
        });
        if (!ended.signal.aborted) onState({ is: "lost", message: "The feed ended." });
      } catch (error) {
        if (!ended.signal.aborted && !document.hidden) onState({ is: "lost", message: messageOf(error) });
      }
      if (document.hidden) continue;
      await sleep(pause, ended.signal);
      pause = Math.min(2 * pause, LONGEST_RETRY_MS);
    }
  };
  void keepOpen();
  return () => ended.abort();
}

async function readOnce(wanted: FeedQuery, ended: AbortSignal, onLines: (lines: FeedLine[]) => void): Promise<void> {
  const silent = new AbortController();
  const watch = (): ReturnType<typeof setTimeout> =>
    setTimeout(() => silent.abort(new Error("The feed has gone silent.")), SILENCE_MS);
  let timer = watch();
  try {
    const signal = AbortSignal.any([ended, silent.signal]);
    const response = await send(`/console/api/feed${query(wanted)}`, { signal });
    if (response.body === null) return;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = watch();
      const pieces = (rest + value).split("\n");
      rest = pieces.pop() ?? "";
      if (rest.length > LONGEST_LINE) throw new Error("The feed sent a line without end.");
      const lines = pieces.filter((piece) => piece !== "").map((piece) => JSON.parse(piece) as FeedLine);
      if (lines.length > 0) onLines(lines);
    }
  } finally {
    clearTimeout(timer);
  }
}

/** Waits until the page is seen, or the feed is wanted no more. */
function untilSeen(ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (!document.hidden || ended.aborted) return resolve();
    const settled = new AbortController();
    const look = (): void => {
      if (document.hidden && !ended.aborted) return;
      settled.abort();
      resolve();
    };
    document.addEventListener("visibilitychange", look, { signal: settled.signal });
    ended.addEventListener("abort", look, { signal: settled.signal });
  });
}

/** A signal that aborts once the page is hidden, or the feed is wanted no more. */
function whileSeen(ended: AbortSignal): AbortSignal {
  const hidden = new AbortController();
  const look = (): void => {
    if (document.hidden) hidden.abort();
  };
  document.addEventListener("visibilitychange", look, { signal: AbortSignal.any([ended, hidden.signal]) });
  return AbortSignal.any([ended, hidden.signal]);
}

function sleep(milliseconds: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (ended.aborted) return resolve();
    const timer = setTimeout(resolve, milliseconds);
    ended.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
