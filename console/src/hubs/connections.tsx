// The table of a hub's connections, or of those of a group or a user.

import { useRef, useState } from "preact/hooks";
import { listConnections, type ConnectionRow, type Target } from "../api/console";
import { mayWrite } from "../api/session";
import { Button } from "../parts/button";
import { ChoiceField } from "../parts/field";
import { Listing, type Column } from "../parts/listing";
import { bytes, count, duration } from "../parts/measures";
import { Outside, plainly } from "../parts/outside";
import { linkTo } from "../shell/route";

interface ConnectionListProps {
  hub: string;
  of: { group?: string; user?: string };
  onAct: (target: Target) => void;
}

const PROTOCOLS = [
  ["", "All protocols"],
  ["json.webpubsub.azure.v1", "JSON"],
  ["json.reliable.webpubsub.azure.v1", "Reliable JSON"],
  ["protobuf.webpubsub.azure.v1", "Protobuf"],
  ["protobuf.reliable.webpubsub.azure.v1", "Reliable protobuf"],
] as const;

const ORDERS = [
  ["newest", "Newest first"],
  ["oldest", "Oldest first"],
] as const;

export function ConnectionList({ hub, of, onAct }: ConnectionListProps) {
  const [protocol, setProtocol] = useState("");
  const [order, setOrder] = useState<"newest" | "oldest">("newest");
  const rates = useRates();
  return (
    <Listing
      caption="Connections"
      name={JSON.stringify([hub, of, protocol, order])}
      columns={columns(hub, rates.of, onAct)}
      load={(query) => listConnections(hub, { ...query, ...of, protocol, order })}
      rowKey={({ connection }) => connection}
      onRows={rates.note}
      searchLabel="Search connections by id or user"
      filters={
        <>
          <ChoiceField label="Protocol" value={protocol} onInput={setProtocol} options={PROTOCOLS} />
          <ChoiceField
            label="Order"
            value={order}
            onInput={(value) => setOrder(value === "oldest" ? "oldest" : "newest")}
            options={ORDERS}
          />
        </>
      }
      empty="No connections."
    />
  );
}

/** A protocol's name as short as it stays clear. */
export function protocolName(protocol: string | null): string {
  return PROTOCOLS.find(([value]) => value !== "" && value === protocol?.toLowerCase())?.[1] ?? protocol ?? "Plain";
}

type RateOf = (row: ConnectionRow) => { received: number; sent: number } | null;

function columns(hub: string, rateOf: RateOf, onAct: (target: Target) => void): Column<ConnectionRow>[] {
  const shown: Column<ConnectionRow>[] = [
    {
      title: "Connection",
      cell: ({ connection }) => (
        <a class="id" href={linkTo(["hubs", hub, "connections", connection])}>
          <Outside text={connection} />
        </a>
      ),
    },
    {
      title: "User",
      cell: ({ user }) =>
        user === null ? (
          <i class="nothing">none</i>
        ) : (
          <a href={linkTo(["hubs", hub, "users", user])}>
            <Outside text={user} limit={60} />
          </a>
        ),
    },
    { title: "Protocol", cell: ({ protocol }) => <Outside text={protocolName(protocol)} limit={60} /> },
    { title: "State", cell: ({ state }) => <span class={`tag state-${state}`}>{state}</span> },
    { title: "Groups", cell: (row) => <Groups row={row} /> },
    { title: "Age", cell: ({ ageSeconds }) => duration(ageSeconds), numeric: true },
    { title: "Received", cell: (row) => rate(rateOf(row)?.received), numeric: true },
    { title: "Sent", cell: (row) => rate(rateOf(row)?.sent), numeric: true },
    {
      title: "Outbox",
      cell: ({ outbox }) => (outbox?.frames ? `${count(outbox.frames)}, ${bytes(outbox.bytes)}` : "0"),
      numeric: true,
    },
    { title: "Unacknowledged", cell: ({ unacknowledged }) => count(unacknowledged?.messages), numeric: true },
  ];
  if (mayWrite.value) {
    shown.push({
      title: "Actions",
      cell: ({ connection }) => (
        <Button label={`Actions for connection ${plainly(connection)}`} onClick={() => onAct({ connection })}>
          Actions…
        </Button>
      ),
    });
  }
  return shown;
}

function Groups({ row }: { row: ConnectionRow }) {
  const SHOWN = 3;
  const rest = row.groupCount - Math.min(SHOWN, row.groups.length);
  return (
    <span class="names">
      {row.groups.slice(0, SHOWN).map((group) => (
        <Outside key={group} text={group} limit={24} />
      ))}
      {rest > 0 && <span class="more">and {count(rest)}</span>}
    </span>
  );
}

function rate(bytesPerSecond: number | undefined): string {
  return bytesPerSecond === undefined ? "–" : `${bytes(Math.round(bytesPerSecond))}/s`;
}

interface Seen {
  at: number;
  receivedBytes: number;
  sentBytes: number;
  rate: { received: number; sent: number } | null;
}

/** Rates of connections, from what their traffic was when they were looked at before. */
function useRates(): { of: RateOf; note: (rows: ConnectionRow[]) => void } {
  const seen = useRef(new Map<string, Seen>());
  const note = (rows: ConnectionRow[]): void => {
    const at = performance.now();
    const next = new Map<string, Seen>();
    for (const { connection, traffic } of rows) {
      if (traffic === null) continue;
      next.set(connection, { at, ...traffic, rate: rateBetween(seen.current.get(connection), { at, ...traffic }) });
    }
    seen.current = next;
  };
  return { of: ({ connection }) => seen.current.get(connection)?.rate ?? null, note };
}

function rateBetween(before: Seen | undefined, now: Omit<Seen, "rate">): Seen["rate"] {
  if (before === undefined || now.at <= before.at) return null;
  const seconds = (now.at - before.at) / 1000;
  return {
    received: Math.max(0, now.receivedBytes - before.receivedBytes) / seconds,
    sent: Math.max(0, now.sentBytes - before.sentBytes) / seconds,
  };
}
