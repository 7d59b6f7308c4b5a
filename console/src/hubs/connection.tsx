// Everything that is known of one connection.

import type { ComponentChildren } from "preact";
import { showConnection, type ConnectionDetails, type PermissionRow, type Target } from "../api/console";
import { mayWrite } from "../api/session";
import { Button } from "../parts/button";
import { Table } from "../parts/listing";
import { bytes, clock, count, duration, plural } from "../parts/measures";
import { Outside } from "../parts/outside";
import { usePolled } from "../parts/polled";
import { linkTo } from "../shell/route";
import { protocolName } from "./connections";
import { Problem } from "../parts/problem";

interface ConnectionProps {
  hub: string;
  connection: string;
  onAct: (target: Target) => void;
}

const REFRESH_MS = 2_000;

export function ConnectionView({ hub, connection, onAct }: ConnectionProps) {
  const { data, error } = usePolled(
    JSON.stringify([hub, connection]),
    () => showConnection(hub, connection),
    REFRESH_MS,
  );
  return (
    <>
      <Problem text={error} />
      {data && (
        <>
          <Facts hub={hub} row={data} />
          <Permissions rows={data.permissions} />
          <div class="buttons">
            {mayWrite.value && !error && <Button onClick={() => onAct({ connection })}>Actions…</Button>}
            <a class="button" href={linkTo(["live"], { hub, connection })}>
              Its live messages
            </a>
          </div>
        </>
      )}
    </>
  );
}

function Facts({ hub, row }: { hub: string; row: ConnectionDetails }) {
  return (
    <dl class="facts">
      <Fact name="User">
        {row.user === null ? (
          "none"
        ) : (
          <a href={linkTo(["hubs", hub, "users", row.user])}>
            <Outside text={row.user} />
          </a>
        )}
      </Fact>
      <Fact name="Protocol">
        <Outside text={protocolName(row.protocol)} />
      </Fact>
      <Fact name="State">{row.state}</Fact>
      <Fact name="Open since">
        {clock(row.openedAt)}, {duration(row.ageSeconds)} ago
      </Fact>
      <Fact name="Waiting in its outbox">
        {plural(row.outbox?.frames ?? 0, "frame")}, {bytes(row.outbox?.bytes ?? 0)}
      </Fact>
      <Fact name="Unacknowledged">
        {row.unacknowledged
          ? `${plural(row.unacknowledged.messages, "message")}, ${bytes(row.unacknowledged.bytes)}`
          : "not a reliable protocol"}
      </Fact>
      <Fact name="Traffic">
        {row.traffic
          ? `${bytes(row.traffic.receivedBytes)} received, ${bytes(row.traffic.sentBytes)} sent`
          : "the system does not tell"}
      </Fact>
      <Fact name={`Groups (${count(row.groupCount)})`}>
        <Names names={row.groups} of={(group) => linkTo(["hubs", hub, "groups", group])} />
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Names({ names, of }: { names: readonly string[]; of?: (name: string) => string }) {
  if (names.length === 0) return <i class="nothing">none</i>;
  return (
    <span class="names">
      {names.map((name) =>
        of ? (
          <a key={name} href={of(name)}>
            <Outside text={name} />
          </a>
        ) : (
          <Outside key={name} text={name} />
        ),
      )}
    </span>
  );
}

function Permissions({ rows }: { rows: readonly PermissionRow[] }) {
  return (
    <section>
      <h2>Permissions</h2>
      {rows.length === 0 && <p class="nothing">None: it may hear, and send events.</p>}
      {rows.length > 0 && (
        <Table
          caption="Permissions"
          rows={rows}
          rowKey={({ permission }) => permission}
          columns={[
            { title: "Permission", cell: ({ permission }) => <Outside text={permission} /> },
            { title: "In every group", cell: ({ all }) => (all ? "yes" : "no") },
            { title: "Granted in", cell: ({ granted }) => <Names names={granted} /> },
            { title: "Revoked in", cell: ({ revoked }) => <Names names={revoked} /> },
            { title: "Patterns", cell: ({ patterns }) => count(patterns), numeric: true },
          ]}
        />
      )}
    </section>
  );
}
