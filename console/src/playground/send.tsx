// What a client can say: joining, publishing, events, and frames as they are typed.

import { useState } from "preact/hooks";
import { messageOf } from "../api/call";
import { Button } from "../parts/button";
import { CheckField, ChoiceField, TextField } from "../parts/field";
import { tellFailure } from "../shell/notices";
import type { PlaygroundClient } from "./client";
import type { Frame } from "./protocols";

const KINDS = [
  ["joinGroup", "Join a group"],
  ["leaveGroup", "Leave a group"],
  ["sendToGroup", "Publish to a group"],
  ["event", "Send an event"],
  ["ping", "Ping"],
  ["raw", "A frame as typed"],
] as const;

type Kind = (typeof KINDS)[number][0];

const DATA_TYPES = [
  ["text", "Text"],
  ["json", "JSON"],
  ["binary", "Binary, as base64"],
  ["protobuf", "Protobuf Any, as base64"],
] as const;

interface Draft {
  kind: Kind;
  group: string;
  event: string;
  dataType: string;
  data: string;
  noEcho: boolean;
  wantsAck: boolean;
}

const FIRST: Draft = {
  kind: "joinGroup",
  group: "room",
  event: "hello",
  dataType: "text",
  data: "hello",
  noEcho: false,
  wantsAck: true,
};

export function SendForms({ client }: { client: PlaygroundClient }) {
  const [draft, setDraft] = useState(FIRST);
  const isOpen = client.state.value === "open";
  const kind = client.protocol.isPlain ? "raw" : draft.kind;
  const change = (changes: Partial<Draft>): void => setDraft({ ...draft, ...changes });
  const send = (): void => {
    try {
      if (kind === "raw") client.sendRaw(draft.data);
      else client.send(frameOf({ ...draft, kind }, () => client.nextAckId()));
    } catch (error) {
      tellFailure(`Not sent: ${messageOf(error)}`);
    }
  };
  return (
    <section class="panel">
      <h2>Send</h2>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {client.protocol.isPlain ? (
          <p class="hint">A plain client's message is its data alone.</p>
        ) : (
          <ChoiceField label="What" value={kind} onInput={(value) => change({ kind: value as Kind })} options={KINDS} />
        )}
        <Fields draft={{ ...draft, kind }} change={change} />
        <div class="buttons">
          <Button submit primary disabled={!isOpen}>
            Send
          </Button>
        </div>
      </form>
    </section>
  );
}

function Fields({ draft, change }: { draft: Draft; change: (changes: Partial<Draft>) => void }) {
  const { kind } = draft;
  const hasGroup = kind === "joinGroup" || kind === "leaveGroup" || kind === "sendToGroup";
  const hasData = kind === "sendToGroup" || kind === "event";
  return (
    <>
      {hasGroup && <TextField label="Group" value={draft.group} onInput={(group) => change({ group })} />}
      {kind === "event" && <TextField label="Event" value={draft.event} onInput={(event) => change({ event })} />}
      {hasData && (
        <ChoiceField
          label="Type"
          value={draft.dataType}
          onInput={(dataType) => change({ dataType })}
          options={DATA_TYPES}
        />
      )}
      {(hasData || kind === "raw") && (
        <TextField
          label={kind === "raw" ? "Frame" : "Data"}
          lines={3}
          value={draft.data}
          onInput={(data) => change({ data })}
        />
      )}
      {kind === "sendToGroup" && (
        <CheckField label="Not to me" checked={draft.noEcho} onInput={(noEcho) => change({ noEcho })} />
      )}
      {(hasGroup || kind === "event") && (
        <CheckField label="With an ack" checked={draft.wantsAck} onInput={(wantsAck) => change({ wantsAck })} />
      )}
    </>
  );
}

function frameOf(draft: Draft, nextAckId: () => number): Frame {
  const { kind, group, event, dataType, noEcho } = draft;
  const data = dataType === "json" ? (JSON.parse(draft.data) as unknown) : draft.data;
  const ack = draft.wantsAck ? { ackId: nextAckId() } : {};
  switch (kind) {
    case "joinGroup":
    case "leaveGroup":
      return { type: kind, group, ...ack };
    case "sendToGroup":
      return { type: kind, group, dataType, data, ...(noEcho ? { noEcho } : {}), ...ack };
    case "event":
      return { type: kind, event, dataType, data, ...ack };
    default:
      return { type: kind };
  }
}
