// One call to the server: same origin, the console's header, JSON both ways.

import { signal } from "@preact/signals";

/** What the server answered instead of what was asked for; its message is for people. */
export class CallError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly body: unknown = undefined,
  ) {
    super(message);
    this.name = "CallError";
  }
}

/** Whether the last call reached the server. */
export const reachable = signal(true);

/** Told whenever the server asks for a sign-in. */
export const signInWanted = new EventTarget();

// The server lets only requests with this header act on the cookie: other sites' pages cannot set it.
const HEADERS = { "X-Linarite-Console": "1" };

export interface CallOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  signal?: AbortSignal;
}

/** The answer to a request; rejects with a CallError where the server refuses. */
export async function send(path: string, options: CallOptions = {}): Promise<Response> {
  const headers = options.body === undefined ? HEADERS : { ...HEADERS, "Content-Type": "application/json" };
  const request: RequestInit = { method: options.method ?? "GET", headers, cache: "no-store", redirect: "error" };
  if (options.body !== undefined) request.body = JSON.stringify(options.body);
  if (options.signal) request.signal = options.signal;
  const response = await reach(path, request);
  if (!response.ok) throw await refusal(response);
  return response;
}

/** The JSON that a request is answered with. */
export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  const response = await send(path, options);
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}

/** A path of names: each one encoded, whatever it holds. */
export function path(strings: TemplateStringsArray, ...names: string[]): string {
  return String.raw({ raw: strings }, ...names.map((name) => encodeURIComponent(name.toWellFormed())));
}

/** A query of those parameters that have a value. */
export function query(parameters: Record<string, string | number | null | undefined>): string {
  const wanted = Object.entries(parameters).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  if (wanted.length === 0) return "";
  return `?${new URLSearchParams(wanted.map(([name, value]) => [name, String(value).toWellFormed()]))}`;
}

/** What an error says to people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function reach(path: string, request: RequestInit): Promise<Response> {
  try {
    const response = await fetch(path, request);
    reachable.value = true;
    return response;
  } catch (error) {
    if (request.signal?.aborted) throw error;
    reachable.value = false;
    throw new CallError(0, "Unreachable", "The server cannot be reached.");
  }
}

async function refusal(response: Response): Promise<CallError> {
  const text = await response.text();
  let body: { error?: { code?: string; message?: string } } = {};
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    // Something between the page and the server answered; its status says what is known.
  }
  const code = body.error?.code ?? "Error";
  const message = body.error?.message ?? `The server answered ${response.status} ${response.statusText}.`;
  if (response.status === 401 && code === "SignInRequired") signInWanted.dispatchEvent(new Event("wanted"));
  return new CallError(response.status, code, message, body);
}
