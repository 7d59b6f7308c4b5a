// Entries of the resource logs as a table.

import { useState } from "preact/hooks";
import type { Entry } from "../api/logs";
import { TextBlock } from "../live/details";
import { Button } from "../parts/button";
import { CopyButton } from "../parts/copy";
import { Dialog } from "../parts/dialog";
import { Table } from "../parts/listing";
import { clock } from "../parts/measures";
import { Outside } from "../parts/outside";

const LEVEL_LOOK: Record<string, string> = { Warning: "warn", Error: "bad" };

const numbers = new WeakMap<Entry, number>();
let last = 0;

export function EntryTable({ entries }: { entries: readonly Entry[] }) {
  const [chosen, setChosen] = useState<Entry | null>(null);
  if (entries.length === 0) return <p class="nothing">No entries.</p>;
  return (
    <>
      <Table
        caption="Entries, newest first"
        rows={entries}
        rowKey={(entry) => String(numberOf(entry))}
        columns={[
          { title: "Time", cell: (entry) => <span class="time">{clock(text(entry["time"]))}</span> },
          {
            title: "Level",
            cell: (entry) => (
              <span class={`tag ${LEVEL_LOOK[text(entry["level"])] ?? ""}`}>
                <Outside text={text(entry["level"])} limit={20} />
              </span>
            ),
          },
          { title: "Operation", cell: (entry) => <Outside text={text(entry["operationName"])} limit={40} /> },
          { title: "Hub", cell: (entry) => <Outside text={of(entry, "hub")} limit={24} /> },
          { title: "User", cell: (entry) => <Cell text={of(entry, "userId")} /> },
          {
            title: "Connection",
            cell: (entry) => (
              <span class="id">
                <Cell text={of(entry, "connectionId")} limit={40} />
              </span>
            ),
          },
          { title: "Message", cell: (entry) => <Cell text={of(entry, "message")} limit={160} /> },
          {
            title: "Details",
            cell: (entry) => (
              <Button
                quiet
                label={`Details of ${text(entry["operationName"])} at ${clock(text(entry["time"]))}`}
                onClick={() => setChosen(entry)}
              >
                Show
              </Button>
            ),
          },
        ]}
      />
      {chosen && (
        <Dialog title={<Outside text={text(chosen["operationName"])} />} onClose={() => setChosen(null)}>
          <TextBlock label="Entry" text={JSON.stringify(chosen, null, 2)} />
          <CopyButton label="Copy the entry" text={JSON.stringify(chosen)} />
        </Dialog>
      )}
    </>
  );
}

function Cell({ text, limit = 24 }: { text: string; limit?: number }) {
  return text === "" ? null : <Outside text={text} limit={limit} />;
}

function of(entry: Entry, name: string): string {
  const properties = entry["properties"];
  return typeof properties === "object" && properties !== null
    ? text((properties as Record<string, unknown>)[name])
    : "";
}

function text(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}

/** An entry's own number, by which its row is known. */
function numberOf(entry: Entry): number {
  const number = numbers.get(entry) ?? ++last;
  numbers.set(entry, number);
  return number;
}
