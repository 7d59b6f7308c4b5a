// Resource logs that have been written to workspaces.

import { call, query } from "./call";

export type Entry = Record<string, unknown>;

export interface LogQuery {
  workspace: string;
  category?: string;
  operation?: string;
  level?: string;
  hub?: string;
  connectionId?: string;
  userId?: string;
  traceId?: string;
  start?: string;
  end?: string;
  top?: number;
  cursor?: string | undefined;
}

export const listWorkspaces = (): Promise<{ value: { name: string }[] }> => call("/console/api/workspaces");

export const findEntries = (parameters: LogQuery): Promise<{ value: Entry[]; cursor: string }> =>
  call(`/console/api/logs${query({ ...parameters })}`);
