// A place to try everything: make a client URL, connect, send, and see every frame both ways.

import { useEffect, useState } from "preact/hooks";
import type { ClientUrl } from "../api/playground";
import { AccessForm } from "./access";
import { PlaygroundClient } from "./client";
import { FrameList } from "./frames";
import { LineControls } from "./line";
import { SendForms } from "./send";
import { TokenForm } from "./token";
import { Snippets } from "./snippets";

export function PlaygroundPage() {
  const [client] = useState(() => new PlaygroundClient());
  const [access, setAccess] = useState<{ hub: string; made: ClientUrl } | null>(null);
  useEffect(() => () => client.close(), [client]);
  return (
    <>
      <h1>Playground</h1>
      <div class="columns">
        <div class="column">
          <AccessForm onMade={(hub, made) => setAccess({ hub, made })} />
          {access && <LineControls client={client} url={access.made.url} />}
          <SendForms client={client} />
          <TokenForm />
        </div>
        <div class="column">
          <FrameList client={client} />
          <Snippets hub={access?.hub ?? "chat"} />
        </div>
      </div>
    </>
  );
}
