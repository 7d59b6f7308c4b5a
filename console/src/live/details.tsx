// One message: its facts, its data decoded, its frame as it went over the wire.

import { useState } from "preact/hooks";
import type { MessageLine, ShownText } from "../api/feed";
import { Button } from "../parts/button";
import { CopyButton } from "../parts/copy";
import { Dialog } from "../parts/dialog";
import { hexDump } from "../parts/hex";
import { bytes, clock, count } from "../parts/measures";
import { Outside } from "../parts/outside";

const SHOWN = 8_192;

export function MessageDetails({ line, onClose }: { line: MessageLine; onClose: () => void }) {
  const [view, setView] = useState<"decoded" | "raw">("decoded");
  return (
    <Dialog title={`Message ${count(line.number)}`} onClose={onClose}>
      <dl class="facts">
        <Fact name="Time" text={clock(line.at)} />
        <Fact name="Way" text={line.direction === "in" ? "from a client" : "to clients"} />
        <Fact name="Hub" text={line.hub} />
        {line.connection !== null && <Fact name="Connection" text={line.connection} />}
        {line.user !== null && <Fact name="User" text={line.user} />}
        {line.fromUser && <Fact name="Sent by user" text={line.fromUser} />}
        {line.group !== null && <Fact name="Group" text={line.group} />}
        {line.receivers !== null && <Fact name="Receivers" text={count(line.receivers)} />}
        <Fact name="Type" text={`${line.type}, ${bytes(line.bytes)}`} />
      </dl>
      <div class="buttons" role="group" aria-label="View">
        <Button pressed={view === "decoded"} onClick={() => setView("decoded")}>
          Decoded
        </Button>
        <Button pressed={view === "raw"} onClick={() => setView("raw")}>
          Raw frame
        </Button>
      </div>
      {view === "decoded" ? <Decoded data={line.data} /> : <Raw frame={line.frame} />}
      <div class="buttons">
        <CopyButton label="Copy as a test vector" text={() => testVector(line)}>
          Copy as a test vector
        </CopyButton>
      </div>
    </Dialog>
  );
}

/** The message as a value that a test can hold: what went, and what it is to be decoded as. */
export function testVector(line: MessageLine): string {
  const { direction, hub, group, user, type, data, frame } = line;
  return JSON.stringify({ direction, hub, group, user, type, data: given(data), frame: given(frame) }, null, 2);
}

function given(shown: ShownText | null): object | null {
  if (shown === null) return null;
  const content = shown.text === null ? { base64: shown.base64 } : { text: shown.text };
  return shown.cut ? { ...content, cut: true } : content;
}

function Fact({ name, text }: { name: string; text: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Outside text={text} />
      </dd>
    </div>
  );
}

function Decoded({ data }: { data: ShownText | null }) {
  if (data === null) return <p class="nothing">No data.</p>;
  if (data.text === null && data.base64 === null) return <p class="nothing">The data is too long to be shown.</p>;
  if (data.text === null) return <Hex shown={data} />;
  return <TextBlock label="Data" text={pretty(data.text)} cut={data.cut} />;
}

function Raw({ frame }: { frame: ShownText | null }) {
  if (frame === null)
    return <p class="nothing">What a client wrote is shown while its connection is the only one that is watched.</p>;
  if (frame.text === null && frame.base64 === null) return <p class="nothing">The frame is too long to be shown.</p>;
  return frame.text === null ? <Hex shown={frame} /> : <TextBlock label="Frame" text={frame.text} cut={frame.cut} />;
}

function Hex({ shown }: { shown: ShownText }) {
  return <TextBlock label="Bytes" text={hexDump(shown.base64 ?? "")} cut={shown.cut} />;
}

export function TextBlock({ label, text, cut }: { label: string; text: string; cut?: boolean }) {
  return (
    <>
      <pre tabIndex={0} role="region" aria-label={label}>
        <Outside text={text} limit={SHOWN} lines />
      </pre>
      {cut && <p class="hint">Only the beginning is shown.</p>}
    </>
  );
}

/** JSON with a line a member; anything else as it is. */
export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
