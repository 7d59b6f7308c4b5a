// Where the reader is: the part of the address behind `#`, as a page, names, and parameters.

import { computed, signal } from "@preact/signals";

export interface Route {
  /** The page, then names within it, decoded. */
  parts: string[];
  query: URLSearchParams;
}

const fragment = signal(location.hash);
addEventListener("hashchange", () => (fragment.value = location.hash));

export const route = computed<Route>(() => parse(fragment.value));

/** The address of a page, to be followed by a link. */
export function linkTo(parts: string[], parameters: Record<string, string | undefined> = {}): string {
  const wanted = Object.entries(parameters).filter((pair): pair is [string, string] => !!pair[1]);
  const search =
    wanted.length > 0 ? `?${new URLSearchParams(wanted.map(([key, text]) => [key, text.toWellFormed()]))}` : "";
  return `#/${parts.map((part) => encodeURIComponent(part.toWellFormed())).join("/")}${search}`;
}

/** Change the parameters of the page without a step in the browser's history. */
export function setQuery(parameters: Record<string, string | undefined>): void {
  const { parts, query } = route.value;
  const next = linkTo(parts, { ...Object.fromEntries(query), ...parameters });
  if (next === fragment.value) return;
  history.replaceState(null, "", next);
  fragment.value = next;
}

function parse(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { parts: path.split("/").filter(Boolean).map(decoded), query: new URLSearchParams(search) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // typed by hand, with a percent sign that means itself
  }
}
