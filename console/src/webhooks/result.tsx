import type { CallRecord } from "../api/calls";
import { Outside } from "../parts/outside";

/** How a call ended, told by colour and word. */
export function Result({ record }: { record: CallRecord }) {
  const isGood = record.status !== null && record.status < 400 && record.detail === "";
  return (
    <span class={`tag ${isGood ? "good" : "bad"}`}>
      {record.status === null ? "" : `${record.status} `}
      <Outside text={record.result} limit={40} />
    </span>
  );
}
