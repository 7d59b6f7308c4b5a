// The console's own calls: what is going on, and what can be done about it.

import { signal } from "@preact/signals";
import { call, path, query } from "./call";
import { resource } from "./session";

export interface Page<Row> {
  value: Row[];
  next: string | null;
  looked?: number;
  total?: number;
}

export interface ListQuery {
  search?: string;
  limit?: number;
  cursor?: string | null;
}

export interface HubRow {
  resource: string;
  hub: string;
  connections: number;
  users: number;
  groups: number;
  eventHandlers: number;
}

export interface ConnectionRow {
  connection: string;
  user: string | null;
  protocol: string | null;
  groups: string[];
  groupCount: number;
  openedAt: string;
  ageSeconds: number;
  state: "open" | "stalled" | "detached" | "closing";
  outbox: { frames: number; bytes: number } | null;
  unacknowledged: { messages: number; bytes: number } | null;
  traffic: { receivedBytes: number; sentBytes: number } | null;
}

export interface PermissionRow {
  permission: string;
  all: boolean;
  granted: string[];
  revoked: string[];
  /** How many patterns of its roles allow it for some groups. */
  patterns: number;
}

export type ConnectionDetails = ConnectionRow & { permissions: PermissionRow[] };

export interface GroupRow {
  group: string;
  connections: number;
}

export interface UserRow {
  user: string;
  connections: number;
}

export interface ConnectionQuery extends ListQuery {
  user?: string;
  group?: string;
  protocol?: string;
  order?: "newest" | "oldest";
}

/** Whom an action is about. */
export type Target = { connection: string } | { user: string } | { group: string } | { all: true };

export type Action =
  | { action: "close"; reason?: string }
  | { action: "addToGroup" | "removeFromGroup"; group?: string }
  | { action: "grant" | "revoke"; permission: string; group?: string }
  | { action: "send"; type: "text" | "json" | "binary"; data: unknown };

const inResource = (parameters: ListQuery | ConnectionQuery = {}): string =>
  query({ ...parameters, resource: resource.value.name });

export const listHubs = (parameters: ListQuery): Promise<Page<HubRow>> =>
  call(`/console/api/hubs${inResource(parameters)}`);

export const listConnections = (hub: string, parameters: ConnectionQuery): Promise<Page<ConnectionRow>> =>
  call(path`/console/api/hubs/${hub}/connections` + inResource(parameters));

export const showConnection = (hub: string, connection: string): Promise<ConnectionDetails> =>
  call(path`/console/api/hubs/${hub}/connections/${connection}` + inResource());

export const listGroups = (hub: string, parameters: ListQuery): Promise<Page<GroupRow>> =>
  call(path`/console/api/hubs/${hub}/groups` + inResource(parameters));

export const listUsers = (hub: string, parameters: ListQuery): Promise<Page<UserRow>> =>
  call(path`/console/api/hubs/${hub}/users` + inResource(parameters));

/** How many actions have been done: lists look again when it changes. */
export const actionsDone = signal(0);

export async function act(hub: string, target: Target, action: Action): Promise<void> {
  await call(path`/console/api/hubs/${hub}/actions` + inResource(), { method: "POST", body: { ...target, ...action } });
  actionsDone.value += 1;
}
