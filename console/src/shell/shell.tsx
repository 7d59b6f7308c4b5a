// The frame of every page: who, where, what is wrong, and the ways to the rooms.

import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { reachable } from "../api/call";
import { chooseResource, mayWrite, resource, session, sessionState, signOut } from "../api/session";
import { Button } from "../parts/button";
import { ChartsPage } from "../charts/page";
import { HubsPage } from "../hubs/page";
import { LivePage } from "../live/page";
import { LogsPage } from "../logs/page";
import { PlaygroundPage } from "../playground/page";
import { SettingsPage } from "../settings/page";
import { WebhooksPage } from "../webhooks/page";
import { Notices } from "./notices";
import { linkTo, route } from "./route";
import { SignIn } from "./sign-in";

interface Room {
  name: string;
  title: string;
  page: ComponentType;
  isOpen: () => boolean;
}

const always = (): boolean => true;

const ROOMS: readonly Room[] = [
  { name: "hubs", title: "Hubs", page: HubsPage, isOpen: always },
  { name: "live", title: "Live messages", page: LivePage, isOpen: always },
  { name: "webhooks", title: "Webhook calls", page: WebhooksPage, isOpen: () => session.value.callLog },
  { name: "logs", title: "Resource logs", page: LogsPage, isOpen: always },
  { name: "charts", title: "Charts", page: ChartsPage, isOpen: always },
  { name: "playground", title: "Playground", page: PlaygroundPage, isOpen: () => mayWrite.value },
  { name: "settings", title: "Settings", page: SettingsPage, isOpen: always },
];

export function Shell() {
  const state = sessionState.value;
  return (
    <>
      <Connectivity />
      {state.is === "loading" && <p class="waiting alone">Loading…</p>}
      {state.is === "failed" && (
        <main class="alone">
          <p class="problem" role="alert">
            {state.message} Trying again…
          </p>
        </main>
      )}
      {state.is === "signedOut" && <SignIn hint={state.hint} />}
      {state.is === "open" && <Rooms />}
      <Notices />
    </>
  );
}

function Rooms() {
  const open = ROOMS.filter((room) => room.isOpen());
  const room = open.find(({ name }) => name === route.value.parts[0]) ?? open[0];
  const main = useRef<HTMLElement>(null);
  const place = route.value.parts.join("/");
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = `${room?.title ?? ""} · Linarite`;
    // A new place begins at its head, for the eyes and for a screen reader.
    if (!isFirst.current) {
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
    isFirst.current = false;
  }, [place]);
  if (!room) return null;
  const Page = room.page;
  return (
    <div class="frame">
      <Head onSkip={() => main.current?.focus()} />
      <nav class="rooms" aria-label="Rooms">
        <ul>
          {open.map(({ name, title }) => (
            <li key={name}>
              <a href={linkTo([name])} aria-current={name === room.name ? "page" : undefined}>
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main ref={main} tabIndex={-1} key={resource.value.name}>
        <Page />
      </main>
    </div>
  );
}

function Head({ onSkip }: { onSkip: () => void }) {
  const { mode, version, resources, access } = session.value;
  return (
    <header class="head">
      <a
        class="skip"
        href={location.hash || "#/"}
        onClick={(event) => {
          event.preventDefault();
          onSkip();
        }}
      >
        Skip to content
      </a>
      <span class="brand">
        <span class="brand-mark" aria-hidden="true" />
        Linarite
        <small>
          {version} {mode}
        </small>
      </span>
      {access === "read" && <span class="tag">read-only</span>}
      <span class="head-end">
        {resources.length > 1 ? (
          <label class="resource-choice">
            <span>Resource</span>
            <select value={resource.value.name} onChange={(event) => chooseResource(event.currentTarget.value)}>
              {resources.map(({ name }) => (
                <option key={name} value={name} selected={name === resource.value.name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        ) : (
          <span class="resource-name">{resource.value.name}</span>
        )}
        <Button quiet onClick={() => void signOut()}>
          Sign out
        </Button>
      </span>
    </header>
  );
}

function Connectivity() {
  return (
    <div role="status" aria-live="assertive" class="connectivity">
      {!reachable.value && <p>The server cannot be reached. Trying again…</p>}
    </div>
  );
}
