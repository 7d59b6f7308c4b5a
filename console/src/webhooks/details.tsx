// One call: request, reply, the handlers that were looked at, and making it again.

import { useState } from "preact/hooks";
import { replayCall, showCall, type CallRecord, type ShownBody } from "../api/calls";
import { messageOf } from "../api/call";
import { mayWrite } from "../api/session";
import { pretty, TextBlock } from "../live/details";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { TextField } from "../parts/field";
import { hexDump } from "../parts/hex";
import { bytes, clock, count, plural } from "../parts/measures";
import { Outside } from "../parts/outside";
import { tell } from "../shell/notices";
import { Result } from "./result";
import { usePolled } from "../parts/polled";
import { Problem } from "../parts/problem";

interface CallDetailsProps {
  record: CallRecord;
  onReplayed: (record: CallRecord) => void;
  onClose: () => void;
}

export function CallDetails({ record: listed, onReplayed, onClose }: CallDetailsProps) {
  const { data: record = listed } = usePolled(`call ${listed.number}`, () => showCall(listed.number), 0);
  return (
    <Dialog title={`Call ${count(record.number)}`} onClose={onClose}>
      <p>
        <Result record={record} /> <Outside text={record.detail || "as expected"} limit={500} />
      </p>
      <p>
        Event <Outside text={record.event} /> of hub <Outside text={record.hub} />, at {clock(record.at)}; took{" "}
        {count(record.duration_ms)} ms in {plural(record.attempts, "attempt")}.
        {record.replay_of !== null && ` Call ${count(record.replay_of)} made again.`}
      </p>
      {record.matching && <Matching matching={record.matching} />}
      <h3>Request</h3>
      <p>
        POST <Outside text={record.url} limit={500} />
      </p>
      <Headers label="Request headers" headers={record.request_headers} />
      <Body label="Request body" body={record.request_body} />
      <h3>Reply</h3>
      {record.status === null ? <p class="nothing">None came.</p> : <p>Status {record.status}</p>}
      {record.status !== null && <Headers label="Reply headers" headers={record.reply_headers} />}
      {record.reply_body && <Body label="Reply body" body={record.reply_body} />}
      {mayWrite.value && <Replay number={record.number} onReplayed={onReplayed} />}
    </Dialog>
  );
}

function Matching({ matching }: { matching: NonNullable<CallRecord["matching"]> }) {
  return (
    <>
      <h3>Handlers that were looked at</h3>
      <ol class="matching">
        {matching.map(({ urlTemplate, matched, why }, index) => (
          <li key={index}>
            <span class={`tag ${matched ? "good" : ""}`}>{matched ? "matches" : "does not match"}</span>{" "}
            <Outside text={urlTemplate} /> <span class="more">{<Outside text={why} limit={500} />}</span>
          </li>
        ))}
      </ol>
    </>
  );
}

function Headers({ label, headers }: { label: string; headers: readonly (readonly [string, string])[] }) {
  if (headers.length === 0) return null;
  return (
    <details>
      <summary>
        {label} ({headers.length})
      </summary>
      <dl class="headers">
        {headers.map(([name, value], index) => (
          <div key={index}>
            <dt>
              <Outside text={name} />
            </dt>
            <dd>
              <Outside text={value} limit={1000} />
            </dd>
          </div>
        ))}
      </dl>
    </details>
  );
}

function Body({ label, body }: { label: string; body: ShownBody }) {
  if (body.bytes === 0) return <p class="nothing">{label}: empty</p>;
  const text = body.text === null ? hexDump(body.base64 ?? "") : pretty(body.text);
  return (
    <>
      <p class="hint">
        {label}, {bytes(body.bytes)}
      </p>
      <TextBlock label={label} text={text} cut={body.is_cut} />
    </>
  );
}

function Replay({ number, onReplayed }: { number: number; onReplayed: (record: CallRecord) => void }) {
  const [url, setUrl] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const replay = async (): Promise<void> => {
    setBusy(true);
    setProblem("");
    try {
      const made = await replayCall(number, url);
      tell(`Call ${count(number)} was made again, as ${count(made.number)}.`);
      onReplayed(made);
    } catch (error) {
      setProblem(messageOf(error));
      setBusy(false);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void replay();
      }}
    >
      <h3>Make it again</h3>
      <TextField
        label="Another URL"
        type="url"
        value={url}
        onInput={setUrl}
        placeholder="the same as before"
        hint="For instance your handler on your own machine."
      />
      <Problem text={problem} />
      <div class="buttons">
        <Button submit primary disabled={busy}>
          Make the call again
        </Button>
      </div>
    </form>
  );
}
