// Connecting, cutting the line, coming back, and closing.

import { useState } from "preact/hooks";
import { Button } from "../parts/button";
import { ChoiceField } from "../parts/field";
import { Outside } from "../parts/outside";
import type { LineState, PlaygroundClient } from "./client";
import { PROTOCOLS, protocolNamed } from "./protocols";

const STATES: Record<LineState, string> = {
  none: "Not connected",
  connecting: "Connecting…",
  open: "Connected",
  cut: "The line is cut; the connection waits for you",
  closed: "Closed",
};

export function LineControls({ client, url }: { client: PlaygroundClient; url: string }) {
  const [protocol, setProtocol] = useState(client.protocol.name);
  const state = client.state.value;
  return (
    <section class="panel">
      <h2>Connection</h2>
      <ChoiceField
        label="Protocol"
        value={protocol}
        onInput={setProtocol}
        options={PROTOCOLS.map(({ name, title }) => [name, title] as const)}
      />
      <p role="status" class={`line-state line-${state}`}>
        {STATES[state]}
        {state === "open" && client.connectionId.value !== "" && (
          <>
            {" as "}
            <Outside text={client.connectionId.value} />
          </>
        )}
      </p>
      <div class="buttons">
        <Button primary onClick={() => client.connect(url, protocolNamed(protocol))}>
          {state === "open" ? "Connect anew" : "Connect"}
        </Button>
        {state === "open" && <Button onClick={() => client.cut()}>Cut the line</Button>}
        {state === "cut" && <Button onClick={() => client.recover()}>Come back</Button>}
        {state === "open" && <Button onClick={() => client.close()}>Close</Button>}
      </div>
      {state === "open" && !client.isRecoverable && (
        <p class="hint">A connection of this protocol ends with its line. A reliable one can be come back to.</p>
      )}
    </section>
  );
}
