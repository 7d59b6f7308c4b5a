import type { Explanation } from "../api/playground";
import { Outside } from "../parts/outside";

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
