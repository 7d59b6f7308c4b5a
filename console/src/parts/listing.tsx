// A list of the server's, page by page: search, table, and the way to the next page.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { actionsDone, type ListQuery, type Page } from "../api/console";
import { Button } from "./button";
import { TextField } from "./field";
import { count } from "./measures";
import { usePolled } from "./polled";

export interface Column<Row> {
  title: string;
  cell: (row: Row) => ComponentChildren;
  numeric?: boolean;
}

interface ListingProps<Row> {
  /** What the list is of, for screen readers. */
  caption: string;
  /** Another list than before begins at its first page. */
  name: string;
  columns: readonly Column<Row>[];
  load: (query: ListQuery) => Promise<Page<Row>>;
  rowKey: (row: Row) => string;
  searchLabel?: string;
  /** Fields beside the search that choose what is listed. */
  filters?: ComponentChildren;
  empty: string;
  /** Told of the rows whenever they have been loaded. */
  onRows?: (rows: Row[]) => void;
}

const ROWS = 50;
const REFRESH_MS = 2_000;
// A search may have the server look through all there is.
const SEARCH_REFRESH_MS = 10_000;
const SEARCH_PAUSE_MS = 250;
// A call looks through a bounded number of rows; so many calls make one page of results.
const MOST_CALLS = 50;

export function Listing<Row>(props: ListingProps<Row>) {
  const [search, setSearch] = useState("");
  const settled = useSettled(search);
  const [cursors, setCursors] = useState<string[]>([]);
  const [looked, setLooked] = useState(0);
  useEffect(() => setCursors([]), [props.name, settled]);
  const cursor = cursors.at(-1);
  const key = JSON.stringify([props.name, settled, cursor]);
  const { data, error, refresh } = usePolled(key, gather, settled === "" ? REFRESH_MS : SEARCH_REFRESH_MS);
  const done = actionsDone.value;
  const seen = useRef(done);
  useEffect(() => {
    if (seen.current !== done) refresh();
    seen.current = done;
  }, [done]);

  async function gather(isCurrent: () => boolean): Promise<Page<Row>> {
    const rows: Row[] = [];
    let from = cursor ?? null;
    let seen = 0;
    for (let calls = 1; ; calls += 1) {
      const page = await props.load({ search: settled, limit: ROWS - rows.length, cursor: from });
      rows.push(...page.value);
      seen += page.looked ?? 0;
      const isDone = page.next === null || rows.length >= ROWS || calls >= MOST_CALLS || !isCurrent();
      if (isDone) {
        setLooked(0);
        props.onRows?.(rows);
        return { ...page, value: rows };
      }
      if (isCurrent()) setLooked(seen);
      from = page.next;
    }
  }

  return (
    <section class="listing" aria-label={props.caption}>
      <div class="listing-head">
        {props.searchLabel && (
          <TextField type="search" label={props.searchLabel} value={search} onInput={setSearch} placeholder="Search" />
        )}
        {props.filters}
        <p class="listing-count" role="status">
          {looked > 0 ? `Searching, ${count(looked)} looked through…` : summary(data, settled)}
        </p>
      </div>
      {error && (
        <p class="problem" role="alert">
          {error} <Button onClick={refresh}>Try again</Button>
        </p>
      )}
      {data === undefined && !error && <p class="waiting">Loading…</p>}
      {data?.value.length === 0 && <p class="nothing">{settled ? "Nothing fits the search." : props.empty}</p>}
      {data !== undefined && data.value.length > 0 && <Table {...props} rows={data.value} />}
      {(cursors.length > 0 || data?.next) && (
        <nav class="pager" aria-label={`Pages of ${props.caption}`}>
          <Button disabled={cursors.length === 0} onClick={() => setCursors(cursors.slice(0, -1))}>
            Previous
          </Button>
          <span>Page {count(cursors.length + 1)}</span>
          <Button disabled={!data?.next} onClick={() => data?.next && setCursors([...cursors, data.next])}>
            Next
          </Button>
        </nav>
      )}
    </section>
  );
}

interface TableProps<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
}

export function Table<Row>({ caption, columns, rows, rowKey }: TableProps<Row>) {
  return (
    <div class="table-frame" tabIndex={0} role="region" aria-label={`${caption}, table`}>
      <table>
        <caption class="unshown">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, numeric }) => (
              <th key={title} scope="col" class={numeric ? "numeric" : ""}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)}>
              {columns.map(({ title, cell, numeric }) => (
                <td key={title} class={numeric ? "numeric" : ""}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function summary(data: Page<unknown> | undefined, search: string): string {
  if (data === undefined) return "";
  if (search) return `${count(data.value.length)} found${data.next ? ", and more" : ""}`;
  return data.total === undefined ? "" : `${count(data.total)} in all`;
}

/** A value once it has stopped changing for a moment. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SEARCH_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
