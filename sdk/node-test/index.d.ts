import type { TestContext } from "node:test";

export interface Endpoint {
  readonly url: string;
  readonly key: string;
  /** The development authority's certificate in PEM, for https only. */
  readonly ca?: string;
  readonly connectionString: string;
}

export interface ServerOptions {
  /** What starts Linarite; `["linarite"]` if it is left out. */
  command?: readonly string[];
  /** Arguments of `linarite dev`. */
  arguments?: readonly string[];
}

export interface WaitQuery {
  atLeast?: number;
  /** How long to wait; 10 if it is left out. */
  seconds?: number;
}

export interface ConnectionsQuery {
  user?: string;
  group?: string;
}

export interface ConnectionsWait extends WaitQuery, ConnectionsQuery {
  atMost?: number;
}

export interface MessagesWait extends WaitQuery {
  group?: string;
  since?: string;
}

export interface EventsWait extends WaitQuery {
  event?: string;
  connection?: string;
  since?: string;
}

interface OfHub {
  hub?: string;
}

export interface ConnectionSeen {
  resource: string;
  hub: string;
  connectionId: string;
  userId: string | null;
  protocol: string | null;
  groups: string[];
  hasSocket: boolean;
  unacknowledged: number | null;
}

export interface MessageSeen {
  resource: string;
  hub: string;
  group: string | null;
  user: string | null;
  connection: string | null;
  dataType: string;
  size: number;
}

export interface CallSeen {
  number: number;
  hub: string;
  event: string;
  connectionId: string;
  status: number | null;
  result: string;
  attempts: number;
}

export type FaultKind = "cut" | "stall" | "slow" | "refuseUpgrade" | "loseRecovery" | "rest" | "webhook";

export interface FaultMembers {
  user?: string;
  connection?: string;
  event?: string;
  share?: number;
  seed?: number;
  seconds?: number;
  times?: number;
  newConnections?: boolean;
  status?: number;
  retryAfterSeconds?: number;
  delaySeconds?: number;
  bytesPerSecond?: number;
  isUnreachable?: boolean;
}

export interface FaultDone {
  fault: number;
  kind: FaultKind;
  at: number;
  hub: string;
  user: string | null;
  connection: string | null;
  event: string | null;
}

export interface Fault {
  readonly number: number;
  /** What it has done until now, oldest first. */
  records(): Promise<FaultDone[]>;
  end(): Promise<void>;
}

/** What a test waited for did not come in time. */
export class WaitFailed extends Error {}

/** The server refused a call. */
export class CallFailed extends Error {
  readonly status: number;
}

export interface Request {
  query?: Record<string, unknown>;
  body?: unknown;
}

export class Controls {
  constructor(endpoint: string, credential?: string);
  call(method: string, path: string, request?: Request): Promise<any>;
  request(method: string, path: string, request?: Request): Promise<any>;
  state(): Promise<{ mark: string; connections: number; hubs: unknown[]; faults: number }>;
  mark(): Promise<string>;
  connections(query?: ConnectionsQuery & OfHub): Promise<ConnectionSeen[]>;
  waitForConnections(query: ConnectionsWait & OfHub): Promise<number>;
  waitForMessages(query?: MessagesWait & OfHub): Promise<MessageSeen[]>;
  waitForEvents(query?: EventsWait & OfHub): Promise<CallSeen[]>;
  reset(hub?: string): Promise<unknown>;
  fault(kind: FaultKind, members?: FaultMembers & OfHub): Promise<Fault>;
}

export class TestingHub {
  readonly name: string;
  readonly http: Endpoint;
  readonly https: Endpoint;
  readonly connectionString: string;
  readonly httpsConnectionString: string;
  clientAccessUrl(options?: { userId?: string; roles?: string[]; groups?: string[]; endpoint?: Endpoint }): string;
  handleEvents(urlTemplate: string, handler?: Record<string, unknown>): Promise<void>;
  connections(query?: ConnectionsQuery): Promise<ConnectionSeen[]>;
  mark(): Promise<string>;
  waitForConnections(query: ConnectionsWait): Promise<number>;
  waitForMessages(query?: MessagesWait): Promise<MessageSeen[]>;
  waitForEvents(query?: EventsWait): Promise<CallSeen[]>;
  fault(kind: FaultKind, members?: FaultMembers): Promise<Fault>;
  reset(): Promise<unknown>;
}

export class DevelopmentServer {
  readonly http: Endpoint;
  readonly https: Endpoint;
  readonly controls: Controls;
  readonly dataFolder: string;
  constructor(options?: ServerOptions);
  start(): Promise<void>;
  stop(): Promise<void>;
  hub(context?: TestContext): TestingHub;
  environment(): Record<string, string>;
}

export function useServer(options?: ServerOptions): DevelopmentServer;
