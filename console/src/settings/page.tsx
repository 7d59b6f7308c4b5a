// Settings of the chosen resource, and the list of resources: all of it by the management API.

import type { ComponentType } from "preact";
import { resource } from "../api/session";
import { Outside } from "../parts/outside";
import { linkTo, route } from "../shell/route";
import { DiagnosticsTab } from "./diagnostics";
import { HubsTab } from "./hubs";
import { KeysTab } from "./keys";
import { ResourceTab } from "./resource";
import { ResourcesTab } from "./resources";

const TABS: readonly (readonly [name: string, title: string, tab: ComponentType])[] = [
  ["resource", "Tier and access", ResourceTab],
  ["keys", "Keys", KeysTab],
  ["hubs", "Hubs and event handlers", HubsTab],
  ["diagnostics", "Diagnostic settings", DiagnosticsTab],
  ["resources", "Resources", ResourcesTab],
];

export function SettingsPage() {
  const wanted = route.value.parts[1];
  const [current, , Tab] = TABS.find(([name]) => name === wanted) ?? TABS[0]!;
  return (
    <>
      <h1>
        Settings of <Outside text={resource.value.name} />
      </h1>
      <nav class="tabs" aria-label="Settings">
        {TABS.map(([name, title]) => (
          <a key={name} href={linkTo(["settings", name])} aria-current={name === current ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <Tab />
    </>
  );
}
