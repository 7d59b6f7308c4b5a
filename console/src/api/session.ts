// Who is looking, at which server, and at which of its resources.

import { computed, signal } from "@preact/signals";
import { CallError, call, messageOf, reachable, send, signInWanted } from "./call";

export interface ResourceFacts {
  name: string;
  resourceGroup: string;
  endpoint: string;
  /** The path of the resource in the management API. */
  id: string;
}

export interface Session {
  mode: "dev" | "serve";
  access: "read" | "write";
  version: string;
  endpoint: string;
  defaultResource: string;
  resources: ResourceFacts[];
  callLog: boolean;
  calls: { apiVersion: string };
}

export type SessionState =
  | { is: "loading" }
  | { is: "signedOut"; hint: string }
  | { is: "failed"; message: string }
  | { is: "open"; session: Session };

const SESSION = "/console/api/session";
const CHOSEN = "linarite-resource";

export const sessionState = signal<SessionState>({ is: "loading" });

const chosenName = signal(sessionStorage.getItem(CHOSEN) ?? "");

/** The session of a page that is signed in; pages are shown to nobody else. */
export const session = computed<Session>(() => {
  const state = sessionState.value;
  if (state.is !== "open") throw new Error("expected an open session");
  return state.session;
});

/** The resource that the pages show. */
export const resource = computed<ResourceFacts>(() => {
  const { resources, defaultResource, endpoint } = session.value;
  return (
    resources.find((one) => one.name === chosenName.value) ??
    resources.find((one) => one.name === defaultResource) ?? {
      name: defaultResource,
      resourceGroup: "",
      endpoint,
      id: "",
    }
  );
});

export const mayWrite = computed(() => session.value.access === "write");

export function chooseResource(name: string): void {
  chosenName.value = name;
  sessionStorage.setItem(CHOSEN, name);
}

/** Ask the server who is looking. */
export async function loadSession(): Promise<void> {
  try {
    const found = await call<Session>(SESSION);
    const state = sessionState.value;
    // The same facts again are no change: nothing that depends on them has to be drawn.
    if (state.is === "open" && JSON.stringify(state.session) === JSON.stringify(found)) return;
    sessionState.value = { is: "open", session: found };
  } catch (error) {
    if (error instanceof CallError && error.status === 401) {
      const hint = (error.body as { hint?: string } | undefined)?.hint ?? "";
      sessionState.value = { is: "signedOut", hint };
    } else if (sessionState.value.is === "loading" || sessionState.value.is === "failed") {
      sessionState.value = { is: "failed", message: messageOf(error) };
    }
  }
}

export async function signIn(token: string): Promise<void> {
  await send(SESSION, { method: "POST", body: { token } });
  await loadSession();
}

export async function signOut(): Promise<void> {
  await send(SESSION, { method: "DELETE" });
  sessionState.value = { is: "signedOut", hint: "" };
}

const HEARTBEAT_MS = 5_000;
const RETRY_MS = 1_000;

/** Ask again and again, so that a lost server is told and comes back by itself. */
export function keepSession(): void {
  signInWanted.addEventListener("wanted", () => {
    if (sessionState.value.is === "open") void loadSession();
  });
  const again = async (): Promise<void> => {
    if (!document.hidden) await loadSession();
    setTimeout(again, reachable.value && sessionState.value.is !== "failed" ? HEARTBEAT_MS : RETRY_MS);
  };
  void again();
}
