// The management API, as `az` and the platform's clients use it: resources, keys, hubs, diagnostic settings.

import { call, path, query, send } from "./call";
import { resource, session } from "./session";

export interface ResourceDocument {
  id: string;
  name: string;
  location: string;
  sku: { name: string; tier: string; capacity: number };
  properties: {
    hostName: string;
    disableLocalAuth: boolean;
    disableAadAuth: boolean;
    publicNetworkAccess: string;
    resourceStopped: string;
    [member: string]: unknown;
  };
}

export interface Sku {
  sku: { name: string };
  capacity: { allowedValues: number[] };
}

export interface Keys {
  primaryKey: string | null;
  secondaryKey: string | null;
  primaryConnectionString: string | null;
  secondaryConnectionString: string | null;
}

export type KeyType = "Primary" | "Secondary" | "Salt";

export interface EventHandler {
  urlTemplate: string;
  userEventPattern?: string | null;
  systemEvents?: string[] | null;
  [member: string]: unknown;
}

export interface HubProperties {
  eventHandlers?: EventHandler[] | null;
  anonymousConnectPolicy?: string;
  [member: string]: unknown;
}

export interface HubDocument {
  name: string;
  properties: HubProperties;
}

export interface LogChoice {
  category?: string | null;
  categoryGroup?: string | null;
  enabled: boolean;
}

export interface DiagnosticProperties {
  workspaceId?: string | null;
  storageAccountId?: string | null;
  eventHubAuthorizationRuleId?: string | null;
  logs?: LogChoice[];
  [member: string]: unknown;
}

export interface DiagnosticSetting {
  name: string;
  properties: DiagnosticProperties;
}

interface Value<T> {
  value: T[];
}

// "Diagnostic Settings" of Azure Monitor: the version whose settings have category groups.
const INSIGHTS_VERSION = "2021-05-01-preview";
// Resource groups take any date; this is the one that az 2.91 sends.
const GROUPS_VERSION = "2024-11-01";

const version = (): string => query({ "api-version": session.value.calls.apiVersion });
const ofResource = (rest = ""): string => `${resource.value.id}${rest}${version()}`;
const subscription = (): string => resource.value.id.split("/").slice(0, 3).join("/");

export const showResource = (): Promise<ResourceDocument> => call(ofResource());

export const listResources = async (): Promise<ResourceDocument[]> => {
  const found = await call<Value<ResourceDocument>>(
    `${subscription()}/providers/Microsoft.SignalRService/webPubSub${version()}`,
  );
  return found.value;
};

export const listSkus = async (): Promise<Sku[]> => (await call<Value<Sku>>(ofResource("/skus"))).value;

export const changeResource = (changes: object): Promise<ResourceDocument> =>
  call(ofResource(), { method: "PATCH", body: changes });

export const restartResource = (): Promise<Response> => send(ofResource("/restart"), { method: "POST" });

/** Make a resource, and the group that it is to be in. */
export async function createResource(group: string, name: string, sku: string): Promise<void> {
  const inGroup = subscription() + path`/resourceGroups/${group}`;
  const location = (await showResource()).location;
  await send(`${inGroup}${query({ "api-version": GROUPS_VERSION })}`, { method: "PUT", body: { location } });
  const made = inGroup + path`/providers/Microsoft.SignalRService/webPubSub/${name}`;
  await send(made + version(), { method: "PUT", body: { location, sku: { name: sku, capacity: 1 } } });
}

export const deleteResource = (id: string): Promise<Response> => send(id + version(), { method: "DELETE" });

export const listKeys = (): Promise<Keys> => call(ofResource("/listKeys"), { method: "POST" });

export const regenerateKey = (keyType: KeyType): Promise<Keys> =>
  call(ofResource("/regenerateKey"), { method: "POST", body: { keyType } });

export const listHubSettings = async (): Promise<HubDocument[]> =>
  (await call<Value<HubDocument>>(ofResource("/hubs"))).value;

/** Save a hub's settings; what comes back are the server's warnings of handlers that would get no events. */
export async function saveHub(name: string, properties: HubProperties): Promise<string[]> {
  const answer = await send(ofResource(path`/hubs/${name}`), { method: "PUT", body: { properties } });
  const warnings = answer.headers.get("x-linarite-warning");
  return warnings === null ? [] : warnings.split(/, (?=properties\.eventHandlers\[)/);
}

export const deleteHub = (name: string): Promise<Response> =>
  send(ofResource(path`/hubs/${name}`), { method: "DELETE" });

const insights = (rest: string): string =>
  `${resource.value.id}/providers/Microsoft.Insights/${rest}${query({ "api-version": INSIGHTS_VERSION })}`;

export const listDiagnosticSettings = async (): Promise<DiagnosticSetting[]> =>
  (await call<Value<DiagnosticSetting>>(insights("diagnosticSettings"))).value;

export const saveDiagnosticSetting = (name: string, properties: DiagnosticProperties): Promise<DiagnosticSetting> =>
  call(insights(path`diagnosticSettings/${name}`), { method: "PUT", body: { properties } });

export const deleteDiagnosticSetting = (name: string): Promise<Response> =>
  send(insights(path`diagnosticSettings/${name}`), { method: "DELETE" });

/** The id of a workspace or storage account, which on this server is no more than a name. */
export function destinationId(type: "workspaces" | "storageAccounts", name: string): string {
  const provider = type === "workspaces" ? "microsoft.operationalinsights" : "microsoft.storage";
  return resource.value.id.replace(/\/providers\/.*/, path`/providers/${provider}/${type}/${name}`);
}
