// Hubs, and what is in each of them: connections, groups, users.

import { listHubs, type HubRow } from "../api/console";
import { resource } from "../api/session";
import { Listing, type Column } from "../parts/listing";
import { count } from "../parts/measures";
import { Outside } from "../parts/outside";
import { linkTo, route } from "../shell/route";
import { HubView } from "./hub";

export function HubsPage() {
  const [, hub, ...within] = route.value.parts;
  return hub === undefined ? <HubList /> : <HubView key={hub} hub={hub} within={within} />;
}

const COLUMNS: readonly Column<HubRow>[] = [
  {
    title: "Hub",
    cell: ({ hub }) => (
      <a href={linkTo(["hubs", hub])}>
        <Outside text={hub} />
      </a>
    ),
  },
  { title: "Connections", cell: ({ connections }) => count(connections), numeric: true },
  { title: "Users", cell: ({ users }) => count(users), numeric: true },
  { title: "Groups", cell: ({ groups }) => count(groups), numeric: true },
  { title: "Event handlers", cell: ({ eventHandlers }) => count(eventHandlers), numeric: true },
];

function HubList() {
  return (
    <>
      <h1>Hubs</h1>
      <Listing
        caption="Hubs"
        name={`hubs of ${resource.value.name}`}
        columns={COLUMNS}
        load={listHubs}
        rowKey={({ hub }) => hub}
        searchLabel="Search hubs"
        empty="No hub has connections or settings yet. The playground makes a first connection."
      />
    </>
  );
}
