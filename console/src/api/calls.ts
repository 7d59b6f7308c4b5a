// Calls to event handlers, as the server keeps the last of them in development.

import { call, query } from "./call";
import type { ListQuery, Page } from "./console";
import { resource } from "./session";

export interface ShownBody {
  bytes: number;
  text: string | null;
  base64: string | null;
  is_cut: boolean;
}

export interface CallRecord {
  number: number;
  at: string;
  duration_ms: number;
  resource: string;
  hub: string;
  event: string;
  connection: string;
  url: string;
  result: string;
  detail: string;
  attempts: number;
  request_headers: [string, string][];
  request_body: ShownBody;
  status: number | null;
  reply_headers: [string, string][];
  reply_body: ShownBody | null;
  replay_of: number | null;
  /** By the hub's settings of now; replays come without. */
  matching?: { urlTemplate: string; matched: boolean; why: string }[];
}

export interface CallQuery extends ListQuery {
  hub?: string;
  event?: string;
  result?: string;
}

export const listCalls = (parameters: CallQuery): Promise<Page<CallRecord>> =>
  call(`/console/api/calls${query({ ...parameters, resource: resource.value.name })}`);

/** One call, with its bodies as far as they are kept; lists have their beginnings. */
export const showCall = (number: number): Promise<CallRecord> => call(`/console/api/calls/${number}`);

/** Make a call again, to another address if one is given. */
export const replayCall = (number: number, url: string): Promise<CallRecord> =>
  call(`/console/api/calls/${number}/replay`, { method: "POST", body: url === "" ? {} : { url } });
