// One hub: its connections, groups and users, each with what can be done about it.

import { useState } from "preact/hooks";
import { listGroups, listUsers, type GroupRow, type Target, type UserRow } from "../api/console";
import { mayWrite } from "../api/session";
import { Button } from "../parts/button";
import { Listing, type Column } from "../parts/listing";
import { count } from "../parts/measures";
import { Outside, plainly } from "../parts/outside";
import { linkTo } from "../shell/route";
import { ActionDialog } from "./action-dialog";
import { ConnectionList } from "./connections";
import { ConnectionView } from "./connection";

const TABS = [
  ["connections", "Connections"],
  ["groups", "Groups"],
  ["users", "Users"],
] as const;

interface HubProps {
  hub: string;
  within: string[];
}

export function HubView({ hub, within }: HubProps) {
  const [tab = "connections", name] = within;
  const [target, setTarget] = useState<Target | null>(null);
  return (
    <>
      <nav class="trail" aria-label="Way back">
        <a href={linkTo(["hubs"])}>Hubs</a>
        {name !== undefined && (
          <>
            <span aria-hidden="true">/</span>
            <a href={linkTo(["hubs", hub, tab])}>
              <Outside text={hub} />
            </a>
          </>
        )}
      </nav>
      <div class="title-line">
        <h1>
          <Title hub={hub} tab={tab} name={name} />
        </h1>
        {mayWrite.value && name === undefined && (
          <Button onClick={() => setTarget({ all: true })} label={`Actions for all of hub ${plainly(hub)}`}>
            Actions…
          </Button>
        )}
      </div>
      {name === undefined && <Tabs hub={hub} current={tab} />}
      <Content hub={hub} tab={tab} name={name} onAct={setTarget} />
      {target && <ActionDialog hub={hub} target={target} onClose={() => setTarget(null)} />}
    </>
  );
}

function Title({ hub, tab, name }: { hub: string; tab: string; name: string | undefined }) {
  if (name === undefined) {
    return (
      <>
        Hub <Outside text={hub} />
      </>
    );
  }
  const kind = { groups: "Group", users: "User" }[tab] ?? "Connection";
  return (
    <>
      {kind} <Outside text={name} />
    </>
  );
}

function Tabs({ hub, current }: { hub: string; current: string }) {
  return (
    <nav class="tabs" aria-label="In this hub">
      {TABS.map(([tab, title]) => (
        <a key={tab} href={linkTo(["hubs", hub, tab])} aria-current={tab === current ? "page" : undefined}>
          {title}
        </a>
      ))}
    </nav>
  );
}

interface ContentProps {
  hub: string;
  tab: string;
  name: string | undefined;
  onAct: (target: Target) => void;
}

function Content({ hub, tab, name, onAct }: ContentProps) {
  if (tab === "groups") {
    return name === undefined ? (
      <GroupList hub={hub} onAct={onAct} />
    ) : (
      <ConnectionList hub={hub} of={{ group: name }} onAct={onAct} />
    );
  }
  if (tab === "users") {
    return name === undefined ? (
      <UserList hub={hub} onAct={onAct} />
    ) : (
      <ConnectionList hub={hub} of={{ user: name }} onAct={onAct} />
    );
  }
  return name === undefined ? (
    <ConnectionList hub={hub} of={{}} onAct={onAct} />
  ) : (
    <ConnectionView hub={hub} connection={name} onAct={onAct} />
  );
}

interface ListProps {
  hub: string;
  onAct: (target: Target) => void;
}

function GroupList({ hub, onAct }: ListProps) {
  const columns: Column<GroupRow>[] = [
    {
      title: "Group",
      cell: ({ group }) => (
        <a href={linkTo(["hubs", hub, "groups", group])}>
          <Outside text={group} />
        </a>
      ),
    },
    { title: "Connections", cell: ({ connections }) => count(connections), numeric: true },
  ];
  if (mayWrite.value) {
    columns.push({
      title: "Actions",
      cell: ({ group }) => (
        <Button label={`Actions for group ${plainly(group)}`} onClick={() => onAct({ group })}>
          Actions…
        </Button>
      ),
    });
  }
  return (
    <Listing
      caption="Groups"
      name={`groups of ${hub}`}
      columns={columns}
      load={(query) => listGroups(hub, query)}
      rowKey={({ group }) => group}
      searchLabel="Search groups"
      empty="Nobody is in a group of this hub."
    />
  );
}

function UserList({ hub, onAct }: ListProps) {
  const columns: Column<UserRow>[] = [
    {
      title: "User",
      cell: ({ user }) => (
        <a href={linkTo(["hubs", hub, "users", user])}>
          <Outside text={user} />
        </a>
      ),
    },
    { title: "Connections", cell: ({ connections }) => count(connections), numeric: true },
  ];
  if (mayWrite.value) {
    columns.push({
      title: "Actions",
      cell: ({ user }) => (
        <Button label={`Actions for user ${plainly(user)}`} onClick={() => onAct({ user })}>
          Actions…
        </Button>
      ),
    });
  }
  return (
    <Listing
      caption="Users"
      name={`users of ${hub}`}
      columns={columns}
      load={(query) => listUsers(hub, query)}
      rowKey={({ user }) => user}
      searchLabel="Search users"
      empty="No connection of this hub has a user."
    />
  );
}
