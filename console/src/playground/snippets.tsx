// The first lines of a program, for each official SDK, with this server's endpoint in them.

import { useState } from "preact/hooks";
import { resource } from "../api/session";
import { TextBlock } from "../live/details";
import { Button } from "../parts/button";
import { CopyButton } from "../parts/copy";
import { SNIPPETS } from "./snippet-texts";

/** Programs that publish to, or connect to, a hub of this server. */
export function Snippets({ hub }: { hub: string }) {
  const [chosen, setChosen] = useState(SNIPPETS[0]!.title);
  const snippet = SNIPPETS.find(({ title }) => title === chosen) ?? SNIPPETS[0]!;
  const { endpoint } = resource.value;
  const connectionString = `Endpoint=${endpoint};AccessKey=<your key>;Version=1.0;`;
  const text = snippet.text({ endpoint, connectionString, hub });
  return (
    <section class="panel">
      <h2>In your own program</h2>
      <div class="buttons" role="group" aria-label="Language">
        {SNIPPETS.map(({ title }) => (
          <Button key={title} pressed={title === snippet.title} onClick={() => setChosen(title)}>
            {title}
          </Button>
        ))}
      </div>
      <p class="hint">
        {snippet.install && (
          <>
            <code>{snippet.install}</code>
            {". "}
          </>
        )}
        The connection string is in the settings, under Keys.
      </p>
      <TextBlock label={`${snippet.title} program`} text={text} />
      <CopyButton label={`Copy the ${snippet.title} program`} text={text} />
    </section>
  );
}
