// Every frame both ways, newest first.

import { useMemo, useState } from "preact/hooks";
import { Button } from "../parts/button";
import { CheckField } from "../parts/field";
import { hexDump } from "../parts/hex";
import { clock } from "../parts/measures";
import { Outside } from "../parts/outside";
import type { PassedFrame, PlaygroundClient } from "./client";

const SHOWN = 4_096;
const WAYS = { in: "received", out: "sent", note: "note" } as const;

export function FrameList({ client }: { client: PlaygroundClient }) {
  const [isDecoded, setDecoded] = useState(false);
  const frames = client.frames.value;
  return (
    <section class="panel frames">
      <div class="title-line">
        <h2>Frames</h2>
        <div class="buttons">
          <CheckField label="Decoded" checked={isDecoded} onInput={setDecoded} />
          <Button onClick={() => client.clear()}>Clear</Button>
        </div>
      </div>
      {frames.length === 0 && <p class="nothing">No frame has passed yet.</p>}
      <div class="frame-log" role="log" aria-label="Frames, newest first" tabIndex={0}>
        <ol>
          {frames.map((frame) => (
            <li key={frame.number} class={`frame-line way-${frame.way}`}>
              <span class="time">{clock(frame.at)}</span>
              <span class="tag">{WAYS[frame.way]}</span>
              <FrameText frame={frame} isDecoded={isDecoded} />
            </li>
          ))}
        </ol>
      </div>
    </section>
  );
}

function FrameText({ frame, isDecoded }: { frame: PassedFrame; isDecoded: boolean }) {
  const text = useMemo(() => textOf(frame, isDecoded), [frame, isDecoded]);
  return (
    <code class="frame-text">
      <Outside text={text} limit={SHOWN} lines />
    </code>
  );
}

function textOf(frame: PassedFrame, isDecoded: boolean): string {
  if (isDecoded && frame.decoded !== null) return JSON.stringify(frame.decoded, null, 2);
  return frame.text ?? hexDump(frame.base64 ?? "");
}
