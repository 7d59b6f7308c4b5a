import { useState } from "preact/hooks";
import { explainToken, type Explanation } from "../api/playground";
import { Button } from "../parts/button";
import { TextField } from "../parts/field";
import { Outside } from "../parts/outside";
import { Problem } from "../parts/problem";
import { useTask } from "../parts/task";

/** A place for a token from elsewhere, to be told what it says and whether this server would take it. */
export function TokenForm() {
  const [token, setToken] = useState("");
  const [explanation, setExplanation] = useState<Explanation | null>(null);
  const task = useTask();
  return (
    <section class="panel">
      <h2>Explain a token</h2>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          // A whole client URL holds its token.
          const pasted = /[?&]access_token=([^&#]+)/.exec(token)?.[1] ?? token.trim();
          task.run(async () => setExplanation(await explainToken(pasted)));
        }}
      >
        <TextField label="Token or client URL" lines={3} required value={token} onInput={setToken} />
        <Problem text={task.problem} />
        <div class="buttons">
          <Button submit disabled={task.busy}>
            Explain
          </Button>
        </div>
      </form>
      {explanation && <TokenExplanation explanation={explanation} />}
    </section>
  );
}

/** What a token says, claim by claim, and which checks it passes. */
export function TokenExplanation({ explanation }: { explanation: Explanation }) {
  return (
    <div class="explanation">
      <dl class="claims">
        {explanation.lines.map(({ claim, value, meaning }, index) => (
          <div key={index}>
            <dt>
              <code>
                <Outside text={claim} />
              </code>{" "}
              <Outside text={typeof value === "string" ? value : JSON.stringify(value)} />
            </dt>
            <dd>
              <Outside text={meaning} limit={1000} />
            </dd>
          </div>
        ))}
      </dl>
      <ul class="checks" aria-label="Checks">
        {explanation.checks.map(({ check, passed, text }) => (
          <li key={check}>
            <span class={`tag ${passed === null ? "" : passed ? "good" : "bad"}`}>
              {check} {passed === null ? "not checked" : passed ? "passes" : "fails"}
            </span>{" "}
            <Outside text={text} limit={1000} />
          </li>
        ))}
      </ul>
    </div>
  );
}
