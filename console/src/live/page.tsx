// Messages as they pass, filtered by the server, which samples what would be too much.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { feedStateText, openFeed, type FeedLine, type FeedState, type MessageLine } from "../api/feed";
import { resource } from "../api/session";
import { Button } from "../parts/button";
import { ChoiceField, TextField } from "../parts/field";
import { bytes, clock, count } from "../parts/measures";
import { Outside, plainly } from "../parts/outside";
import { route, setQuery } from "../shell/route";
import { MessageDetails } from "./details";

const KEPT = 500;
const DRAW_MS = 100;

const FILTERS = ["hub", "group", "user", "connection", "direction", "type"] as const;
type Filter = Record<(typeof FILTERS)[number], string>;

const DIRECTIONS = [
  ["", "Both"],
  ["in", "From clients"],
  ["out", "To clients"],
] as const;
const TYPES = [
  ["", "All"],
  ["text", "Text"],
  ["json", "JSON"],
  ["binary", "Binary"],
  ["protobuf", "Protobuf"],
] as const;

export function LivePage() {
  const filter = filterOf(route.value.query);
  const [isPaused, setPaused] = useState(false);
  const [chosen, setChosen] = useState<MessageLine | null>(null);
  const { lines, skipped, state, clear } = useMessages(filter, isPaused);
  return (
    <>
      <div class="title-line">
        <h1>Live messages</h1>
        <div class="buttons">
          <Button pressed={isPaused} onClick={() => setPaused(!isPaused)}>
            {isPaused ? "Go on" : "Pause"}
          </Button>
          <Button onClick={clear}>Clear</Button>
        </div>
      </div>
      <FilterForm filter={filter} />
      <FeedStatus state={state} isPaused={isPaused} skipped={skipped} shown={lines.length} />
      <MessageTable lines={lines} chosen={chosen} onChoose={setChosen} />
      {chosen && <MessageDetails line={chosen} onClose={() => setChosen(null)} />}
    </>
  );
}

function FilterForm({ filter }: { filter: Filter }) {
  const field = (name: "hub" | "group" | "user" | "connection", label: string) => (
    <TextField type="search" label={label} value={filter[name]} onInput={(value) => setQuery({ [name]: value })} />
  );
  return (
    <form class="filters" role="search" aria-label="Filter messages" onSubmit={(event) => event.preventDefault()}>
      {field("hub", "Hub")}
      {field("group", "Group")}
      {field("user", "User")}
      {field("connection", "Connection")}
      <ChoiceField
        label="Direction"
        value={filter.direction}
        onInput={(direction) => setQuery({ direction })}
        options={DIRECTIONS}
      />
      <ChoiceField label="Type" value={filter.type} onInput={(type) => setQuery({ type })} options={TYPES} />
    </form>
  );
}

interface StatusProps {
  state: FeedState;
  isPaused: boolean;
  skipped: number;
  shown: number;
}

/** What the feed does. Only its changes are read out, not every message. */
function FeedStatus({ state, isPaused, skipped, shown }: StatusProps) {
  return (
    <p class="feed-status">
      <span role="status" class={`feed-state feed-${isPaused ? "paused" : state.is}`}>
        {isPaused ? "Paused" : feedStateText(state)}
      </span>
      <span>{count(shown)} shown</span>
      {skipped > 0 && <span>{count(skipped)} left out: more came than is shown</span>}
    </p>
  );
}

interface MessageTableProps {
  lines: readonly MessageLine[];
  chosen: MessageLine | null;
  onChoose: (line: MessageLine) => void;
}

function MessageTable({ lines, chosen, onChoose }: MessageTableProps) {
  if (lines.length === 0) return <p class="nothing">Nothing has passed yet that fits the filter.</p>;
  return (
    <div class="table-frame live" tabIndex={0} role="region" aria-label="Messages, table">
      <table>
        <caption class="unshown">Messages, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Way</th>
            <th scope="col">Hub</th>
            <th scope="col">Who</th>
            <th scope="col">Group</th>
            <th scope="col">Type</th>
            <th scope="col" class="numeric">
              Size
            </th>
            <th scope="col">Data</th>
            <th scope="col">Details</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <MessageRow key={line.number} line={line} isChosen={line === chosen} onChoose={onChoose} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface MessageRowProps {
  line: MessageLine;
  isChosen: boolean;
  onChoose: (line: MessageLine) => void;
}

function MessageRow({ line, isChosen, onChoose }: MessageRowProps) {
  // The same row as before is not looked through again: hundreds of them stand while a few come.
  return useMemo(
    () => (
      <tr class={isChosen ? "chosen" : ""}>
        <td class="time">{clock(line.at)}</td>
        <td>
          <span class={`tag way-${line.direction}`}>{line.direction === "in" ? "in" : "out"}</span>
        </td>
        <td>
          <Outside text={line.hub} limit={24} />
        </td>
        <td>{who(line)}</td>
        <td>{line.group !== null && <Outside text={line.group} limit={24} />}</td>
        <td>{line.type}</td>
        <td class="numeric">{bytes(line.bytes)}</td>
        <td class="data">{line.data && <Outside text={line.data.text ?? line.data.base64 ?? ""} limit={80} />}</td>
        <td>
          <Button
            quiet
            label={`Details of message ${line.number} of ${plainly(line.hub)}`}
            onClick={() => onChoose(line)}
          >
            Show
          </Button>
        </td>
      </tr>
    ),
    [line, isChosen, onChoose],
  );
}

function who(line: MessageLine) {
  if (line.user !== null) return <Outside text={line.user} limit={24} />;
  if (line.connection !== null) return <Outside text={line.connection} limit={12} />;
  if (line.receivers !== null) return `${count(line.receivers)} ${line.receivers === 1 ? "connection" : "connections"}`;
  return null;
}

function filterOf(query: URLSearchParams): Filter {
  return Object.fromEntries(FILTERS.map((name) => [name, query.get(name) ?? ""])) as Filter;
}

/** The last messages that fit a filter, drawn at most a few times a second however many come. */
function useMessages(filter: Filter, isPaused: boolean) {
  const [lines, setLines] = useState<MessageLine[]>([]);
  const [skipped, setSkipped] = useState(0);
  const [state, setState] = useState<FeedState>({ is: "connecting" });
  const waiting = useRef<MessageLine[]>([]);
  const key = JSON.stringify([filter, resource.value.name]);
  useEffect(() => {
    setLines([]);
    setSkipped(0);
  }, [key]);
  // Before anything is drawn: what was live a moment ago is not, for another filter.
  useLayoutEffect(() => {
    setState({ is: "connecting" });
    if (isPaused) return;
    waiting.current = [];
    const take = (line: FeedLine): void => {
      if (line.kind === "message") waiting.current.unshift(line);
      else if (line.kind === "skipped") setSkipped((number) => number + line.messages);
    };
    // A filter is typed letter by letter; the feed is opened for the word.
    let close = (): void => undefined;
    const opening = setTimeout(() => {
      const wanted = { show: "messages", resource: resource.value.name, ...filter };
      close = openFeed(
        wanted,
        (some) => some.forEach(take),
        (next) => setState((now) => (now.is === next.is ? now : next)),
      );
    }, 250);
    const drawing = setInterval(() => {
      if (waiting.current.length === 0 || document.hidden) {
        waiting.current.length = Math.min(waiting.current.length, KEPT);
        return;
      }
      const fresh = waiting.current;
      waiting.current = [];
      setLines((old) => [...fresh, ...old].slice(0, KEPT));
    }, DRAW_MS);
    return () => {
      clearTimeout(opening);
      clearInterval(drawing);
      close();
    };
  }, [key, isPaused]);
  const clear = (): void => {
    setLines([]);
    setSkipped(0);
  };
  return { lines, skipped, state, clear };
}
