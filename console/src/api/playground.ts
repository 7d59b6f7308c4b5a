// Client URLs and what their tokens say.

import { call, path, query } from "./call";
import { resource } from "./session";

export interface Access {
  user?: string;
  roles?: string[];
  groups?: string[];
  minutes?: number;
}

export interface Explanation {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
  lines: { claim: string; value: unknown; meaning: string }[];
  /** `passed` is null where there was nothing to check against. */
  checks: { check: string; passed: boolean | null; text: string }[];
}

export interface ClientUrl {
  url: string;
  token: string;
  explanation: Explanation;
}

export const makeClientUrl = (hub: string, access: Access): Promise<ClientUrl> =>
  call(path`/console/api/hubs/${hub}/client-url` + query({ resource: resource.value.name }), {
    method: "POST",
    body: access,
  });

export const explainToken = (token: string): Promise<Explanation> =>
  call("/console/api/explain-token", { method: "POST", body: { token } });
