// The counters of the last minutes, as columns that a chart can draw.

import type { CountersLine } from "../api/feed";

export const KEPT_SECONDS = 600;

// Counters come each second; after a longer pause nobody has looked meanwhile.
const PAUSE_MS = 3_000;

/** The history with one line more. A time that nobody looked at is a gap in it. */
export function withLine(history: readonly CountersLine[], line: CountersLine): CountersLine[] {
  const last = history.at(-1);
  const isLate = last !== undefined && Date.parse(line.at) - Date.parse(last.at) > PAUSE_MS;
  return [...history, ...(isLate ? [gapBefore(line)] : []), line].slice(-KEPT_SECONDS);
}

function gapBefore(line: CountersLine): CountersLine {
  const at = new Date(Date.parse(line.at) - 1_000).toISOString();
  const unknown = { connections: null, connectionsOpened: null, connectionsClosed: null, restCalls: null };
  const traffic = { messagesIn: null, messagesOut: null, bytesIn: null, bytesOut: null };
  return { ...line, at, ...unknown, ...traffic, calls: null, rejected: {} };
}

export type Series = (number | null)[];

export interface Chart {
  title: string;
  unit: "number" | "bytes" | "milliseconds";
  names: string[];
  times: number[];
  values: Series[];
}

/** Every chart of the page. */
export function chartsOf(history: readonly CountersLine[]): Chart[] {
  const times = history.map(({ at }) => Date.parse(at) / 1000);
  const column = (value: (line: CountersLine) => number | null | undefined): Series =>
    history.map((line) => value(line) ?? null);
  const perSecond = (value: (line: CountersLine) => number | null | undefined): Series =>
    column((line) => {
      const number = value(line);
      return number === null || number === undefined ? null : number / Math.max(line.seconds, 0.001);
    });
  const chart = (title: string, unit: Chart["unit"], series: Record<string, Series>): Chart => ({
    title,
    unit,
    names: Object.keys(series),
    times,
    values: Object.values(series),
  });
  const reasons = [...new Set(history.flatMap(({ rejected }) => Object.keys(rejected)))].sort();
  return [
    chart("Connections", "number", { open: column((line) => line.connections) }),
    chart("Messages a second", "number", {
      "from clients": perSecond((line) => line.messagesIn),
      "to clients": perSecond((line) => line.messagesOut),
    }),
    chart("Bytes a second", "bytes", {
      "from clients": perSecond((line) => line.bytesIn),
      "to clients": perSecond((line) => line.bytesOut),
    }),
    chart("Webhook latency", "milliseconds", {
      average: column((line) => line.calls?.averageMs),
      slowest: column((line) => line.calls?.slowestMs),
    }),
    chart(
      "Rejected a second, by reason",
      "number",
      Object.fromEntries(
        reasons.map(
          (reason) =>
            [
              spaced(reason),
              perSecond((line) => (line.connections === null ? null : (line.rejected[reason] ?? 0))),
            ] as const,
        ),
      ),
    ),
  ];
}

/** `ConnectionQuotaReached` as words. */
function spaced(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}
