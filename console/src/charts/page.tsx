// Charts of what the server does, second by second, from the moment that somebody looks.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { feedStateText, openFeed, type CountersLine } from "../api/feed";
import { resource, session } from "../api/session";
import { ChartFigure } from "./figure";
import { chartsOf, withLine } from "./history";

// Kept while other pages are looked at: whoever comes back sees what was, with a gap.
const history = signal<{ resource: string; lines: CountersLine[] }>({ resource: "", lines: [] });

export function ChartsPage() {
  const [status, setStatus] = useState("Connecting…");
  const name = resource.value.name;
  useEffect(() => {
    if (history.value.resource !== name) history.value = { resource: name, lines: [] };
    return openFeed(
      // The slowest call of a second is told to those who also look at calls, which not every server keeps.
      { show: session.value.callLog ? "counters,calls" : "counters", resource: name },
      (lines) => {
        for (const line of lines) {
          if (line.kind !== "counters") continue;
          history.value = { resource: name, lines: withLine(history.value.lines, line) };
        }
      },
      (state) => setStatus(feedStateText(state)),
    );
  }, [name]);
  return (
    <>
      <div class="title-line">
        <h1>Charts</h1>
        <span role="status">{status}</span>
      </div>
      <div class="charts">
        {chartsOf(history.value.lines).map((chart) => (
          <ChartFigure key={`${chart.title} ${chart.names.join()}`} chart={chart} />
        ))}
      </div>
    </>
  );
}
