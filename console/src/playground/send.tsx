// What a client can say: a form for each request of the protocol, and frames as they are typed.

import { useState } from "preact/hooks";
import { messageOf } from "../api/call";
import { Button } from "../parts/button";
import { CheckField, ChoiceField, TextField } from "../parts/field";
import { tellFailure } from "../shell/notices";
import type { PlaygroundClient } from "./client";
import { afterwards, DATA_TYPES, FIRST_DRAFT, frameOf, has, KINDS, type Draft, type Kind } from "./requests";

export function SendForms({ client }: { client: PlaygroundClient }) {
  const [draft, setDraft] = useState(FIRST_DRAFT);
  const isOpen = client.state.value === "open";
  const kind = client.protocol.isPlain ? "raw" : draft.kind;
  const send = (): void => {
    try {
      if (kind === "raw") client.sendRaw(draft.data);
      else client.send(frameOf(draft, () => client.nextAckId()));
      setDraft(afterwards(draft));
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
          <ChoiceField
            label="What"
            value={kind}
            onInput={(value) => setDraft({ ...draft, kind: value as Kind })}
            options={KINDS}
          />
        )}
        <Fields draft={{ ...draft, kind }} change={(changes) => setDraft({ ...draft, ...changes })} />
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
  const text = (member: "group" | "event" | "invocationId" | "streamId", label: string) =>
    has(kind, member) && (
      <TextField label={label} value={draft[member]} onInput={(value) => change({ [member]: value })} />
    );
  return (
    <>
      {text("group", "Group")}
      {text("event", "Event")}
      {text("invocationId", "Invocation id")}
      {text("streamId", "Stream id")}
      {has(kind, "streamSequenceId") && (
        <TextField
          label="Number of the piece"
          type="number"
          min={1}
          value={String(draft.streamSequenceId)}
          onInput={(value) => change({ streamSequenceId: Number(value) })}
        />
      )}
      {has(kind, "data") && (
        <ChoiceField
          label="Type"
          value={draft.dataType}
          onInput={(dataType) => change({ dataType })}
          options={DATA_TYPES}
        />
      )}
      {(has(kind, "data") || kind === "raw") && (
        <TextField
          label={kind === "raw" ? "Frame" : "Data"}
          lines={3}
          value={draft.data}
          onInput={(data) => change({ data })}
        />
      )}
      {has(kind, "noEcho") && (
        <CheckField label="Not to me" checked={draft.noEcho} onInput={(noEcho) => change({ noEcho })} />
      )}
      {has(kind, "wantsAck") && (
        <CheckField label="With an ack" checked={draft.wantsAck} onInput={(wantsAck) => change({ wantsAck })} />
      )}
    </>
  );
}
