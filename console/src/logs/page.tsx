// Resource logs: as they are made, or out of a workspace by a query, with what comes since.

import { useEffect, useState } from "preact/hooks";
import { messageOf } from "../api/call";
import { feedStateText, openFeed } from "../api/feed";
import { findEntries, listWorkspaces, type Entry, type LogQuery } from "../api/logs";
import { resource } from "../api/session";
import { Button } from "../parts/button";
import { CheckField, ChoiceField, TextField } from "../parts/field";
import { count } from "../parts/measures";
import { usePolled } from "../parts/polled";
import { EntryTable } from "./entries";

const NOW = "";
const TOP = 200;
const KEPT = 1_000;
const FOLLOW_MS = 1_000;

const CATEGORIES = [
  ["", "All"],
  ["ConnectivityLogs", "Connectivity"],
  ["MessagingLogs", "Messaging"],
  ["HttpRequestLogs", "HTTP requests"],
] as const;
const LEVELS = [
  ["", "All"],
  ["Informational", "Informational"],
  ["Warning", "Warning"],
  ["Error", "Error"],
] as const;
const TEXTS = [
  ["operation", "Operation"],
  ["hub", "Hub"],
  ["connectionId", "Connection"],
  ["userId", "User"],
  ["traceId", "Trace"],
] as const;

type Filter = Omit<LogQuery, "workspace" | "top" | "cursor">;

export function LogsPage() {
  const [workspace, setWorkspace] = useState(NOW);
  const [filter, setFilter] = useState<Filter>({});
  const [isFollowing, setFollowing] = useState(true);
  const workspaces = usePolled("workspaces", listWorkspaces, 10_000);
  const names = workspaces.data?.value.map(({ name }) => name) ?? [];
  const live = useLiveEntries(workspace === NOW && isFollowing, filter);
  const found = useFound(workspace, filter, isFollowing);
  const shown = workspace === NOW ? live : found;
  return (
    <>
      <h1>Resource logs</h1>
      <div class="filters">
        <ChoiceField
          label="From"
          value={workspace}
          onInput={setWorkspace}
          options={[[NOW, "As they are made"], ...names.map((name) => [name, `Workspace ${name}`] as const)]}
        />
        <ChoiceField
          label="Category"
          value={filter.category ?? ""}
          onInput={(category) => setFilter({ ...filter, category })}
          options={CATEGORIES}
        />
        <ChoiceField
          label="Level"
          value={filter.level ?? ""}
          onInput={(level) => setFilter({ ...filter, level })}
          options={LEVELS}
        />
        {TEXTS.map(([name, label]) => (
          <TextField
            key={name}
            type="search"
            label={label}
            value={filter[name] ?? ""}
            onInput={(value) => setFilter({ ...filter, [name]: value })}
          />
        ))}
        {workspace !== NOW && <Times filter={filter} onChange={setFilter} />}
      </div>
      <div class="feed-status">
        <CheckField label="Follow" checked={isFollowing} onInput={setFollowing} />
        <Button onClick={shown.clear}>Clear</Button>
        <span role="status">{shown.status}</span>
        <span>{count(shown.entries.length)} shown</span>
      </div>
      {workspace === NOW && (
        <p class="hint">
          Connections are told of always; messages and HTTP requests once a diagnostic setting wants them (Settings).
        </p>
      )}
      <EntryTable entries={shown.entries} />
    </>
  );
}

function Times({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const field = (name: "start" | "end", label: string) => (
    <TextField
      type="datetime-local"
      label={label}
      value={local(filter[name])}
      onInput={(value) => onChange({ ...filter, [name]: value === "" ? "" : new Date(value).toISOString() })}
    />
  );
  return (
    <>
      {field("start", "From time")}
      {field("end", "To time")}
    </>
  );
}

/** A moment as the browser's field wants it: local time, no zone. */
function local(moment: string | undefined): string {
  if (!moment) return "";
  const date = new Date(moment);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

interface Shown {
  entries: readonly Entry[];
  status: string;
  clear: () => void;
}

/** Entries of the feed, of which the page itself picks: they come unfiltered. */
function useLiveEntries(isOpen: boolean, filter: Filter): Shown {
  const [entries, setEntries] = useState<Entry[]>([]);
  const [status, setStatus] = useState("Paused");
  useEffect(() => {
    if (!isOpen) {
      setStatus("Paused");
      return;
    }
    return openFeed(
      { show: "logs", resource: resource.value.name },
      (lines) => {
        const fresh = lines.flatMap((line) => (line.kind === "log" ? [line.entry] : [])).reverse();
        if (fresh.length > 0) setEntries((old) => [...fresh, ...old].slice(0, KEPT));
      },
      (state) => setStatus(feedStateText(state)),
    );
  }, [isOpen]);
  return { entries: entries.filter((entry) => fits(entry, filter)), status, clear: () => setEntries([]) };
}

/** What a workspace has, newest first, and what comes since while it is followed. */
function useFound(workspace: string, filter: Filter, isFollowing: boolean): Shown {
  const [entries, setEntries] = useState<Entry[]>([]);
  const [status, setStatus] = useState("");
  const key = JSON.stringify([workspace, filter]);
  useEffect(() => {
    if (workspace === NOW) return;
    let current = true;
    let timer: ReturnType<typeof setTimeout>;
    const look = async (cursor?: string): Promise<void> => {
      let next = cursor;
      try {
        const found = await findEntries({ ...filter, workspace, top: TOP, cursor });
        if (!current) return;
        next = found.cursor;
        const fresh = found.value.toReversed();
        setEntries((old) => (cursor === undefined ? fresh : [...fresh, ...old].slice(0, KEPT)));
        setStatus(isFollowing ? "Following" : "");
      } catch (error) {
        if (current) setStatus(messageOf(error));
      }
      if (current && isFollowing) timer = setTimeout(() => void look(next), FOLLOW_MS);
    };
    timer = setTimeout(() => void look(), 250);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [key, isFollowing]);
  return { entries, status, clear: () => setEntries([]) };
}

function fits(entry: Entry, filter: Filter): boolean {
  const properties = (entry["properties"] ?? {}) as Record<string, unknown>;
  const has = (wanted: string | undefined, value: unknown): boolean =>
    !wanted || String(value ?? "").toLowerCase() === wanted.toLowerCase();
  return (
    has(filter.category, entry["category"]) &&
    has(filter.level, entry["level"]) &&
    has(filter.operation, entry["operationName"]) &&
    has(filter.hub, properties["hub"]) &&
    has(filter.connectionId, properties["connectionId"]) &&
    has(filter.userId, properties["userId"]) &&
    has(filter.traceId, properties["traceId"])
  );
}
