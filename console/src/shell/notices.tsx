// What just happened, told to everybody: seen at the foot of the page, read out by screen readers.

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Button } from "../parts/button";

interface Notice {
  number: number;
  kind: "done" | "failed";
  content: ComponentChildren;
}

const SHOWN_MS = 5_000;
const MOST = 4;

const notices = signal<Notice[]>([]);
let last = 0;

/** Say that something was done; it goes away by itself. */
export function tell(content: ComponentChildren): void {
  const number = add("done", content);
  setTimeout(() => dismiss(number), SHOWN_MS);
}

/** Say that something failed; it stays until it is dismissed. */
export function tellFailure(content: ComponentChildren): void {
  add("failed", content);
}

export function Notices() {
  return (
    <div class="notices" role="log" aria-live="polite" aria-label="Notices">
      {notices.value.map(({ number, kind, content }) => (
        <div key={number} class={`notice ${kind}`}>
          <span>{content}</span>
          <Button quiet label="Dismiss" onClick={() => dismiss(number)}>
            ×
          </Button>
        </div>
      ))}
    </div>
  );
}

function add(kind: Notice["kind"], content: ComponentChildren): number {
  const number = ++last;
  notices.value = [...notices.value.slice(1 - MOST), { number, kind, content }];
  return number;
}

function dismiss(number: number): void {
  notices.value = notices.value.filter((one) => one.number !== number);
}
