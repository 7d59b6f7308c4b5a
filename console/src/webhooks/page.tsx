// Calls to event handlers: what was sent, what came back, how long it took.

import { useState } from "preact/hooks";
import { listCalls, type CallRecord } from "../api/calls";
import { Button } from "../parts/button";
import { TextField } from "../parts/field";
import { Listing, type Column } from "../parts/listing";
import { clock, count } from "../parts/measures";
import { Outside } from "../parts/outside";
import { CallDetails } from "./details";
import { Result } from "./result";

export function WebhooksPage() {
  const [hub, setHub] = useState("");
  const [event, setEvent] = useState("");
  const [chosen, setChosen] = useState<CallRecord | null>(null);
  const columns: Column<CallRecord>[] = [
    ...COLUMNS,
    {
      title: "Details",
      cell: (record) => (
        <Button quiet label={`Show details of call ${record.number}`} onClick={() => setChosen(record)}>
          Show
        </Button>
      ),
    },
  ];
  return (
    <>
      <h1>Webhook calls</h1>
      <Listing
        caption="Webhook calls, newest first"
        name={JSON.stringify(["calls", hub, event])}
        columns={columns}
        load={(query) => listCalls({ ...query, hub, event })}
        rowKey={({ number }) => String(number)}
        searchLabel="Search calls"
        filters={
          <>
            <TextField type="search" label="Hub" value={hub} onInput={setHub} />
            <TextField type="search" label="Event" value={event} onInput={setEvent} />
          </>
        }
        empty="No event handler has been called yet."
      />
      {chosen && (
        <CallDetails key={chosen.number} record={chosen} onReplayed={setChosen} onClose={() => setChosen(null)} />
      )}
    </>
  );
}

const COLUMNS: readonly Column<CallRecord>[] = [
  { title: "Number", cell: ({ number }) => count(number), numeric: true },
  { title: "Time", cell: ({ at }) => <span class="time">{clock(at)}</span> },
  { title: "Hub", cell: ({ hub }) => <Outside text={hub} limit={40} /> },
  { title: "Event", cell: ({ event }) => <Outside text={event} limit={40} /> },
  { title: "URL", cell: ({ url }) => <Outside text={url} limit={80} /> },
  { title: "Result", cell: (record) => <Result record={record} /> },
  { title: "Took", cell: ({ duration_ms }) => `${count(Math.round(duration_ms * 10) / 10)} ms`, numeric: true },
  { title: "Attempts", cell: ({ attempts }) => count(attempts), numeric: true },
];
