// The resources of the server.

import { useState } from "preact/hooks";
import { createResource, deleteResource, listResources, type ResourceDocument } from "../api/management";
import { chooseResource, loadSession, mayWrite, resource, session } from "../api/session";
import { Button } from "../parts/button";
import { ConfirmButton } from "../parts/confirm";
import { ChoiceField, TextField } from "../parts/field";
import { Table } from "../parts/listing";
import { Outside, plainly } from "../parts/outside";
import { usePolled } from "../parts/polled";
import { Problem } from "../parts/problem";
import { useTask } from "../parts/task";
import { tell } from "../shell/notices";

const SKUS = ["Free_F1", "Standard_S1", "Premium_P1"] as const;

export function ResourcesTab() {
  const { data, error, refresh } = usePolled("resources", listResources, 0);
  const changed = async (): Promise<void> => {
    await loadSession();
    refresh();
  };
  return (
    <>
      <Problem text={error} />
      {data && <ResourceTable rows={data} onChanged={changed} />}
      {mayWrite.value && <NewResource onChanged={changed} />}
    </>
  );
}

interface ResourceTableProps {
  rows: readonly ResourceDocument[];
  onChanged: () => Promise<void>;
}

function ResourceTable({ rows, onChanged }: ResourceTableProps) {
  return (
    <Table
      caption="Resources"
      rows={rows}
      rowKey={({ id }) => id}
      columns={[
        { title: "Name", cell: ({ name }) => <Outside text={name} /> },
        { title: "Group", cell: ({ id }) => <Outside text={groupOf(id)} /> },
        { title: "Tier", cell: ({ sku }) => `${sku.name.replace("_", " ")}, ${sku.capacity}` },
        { title: "Host", cell: ({ properties }) => <Outside text={properties.hostName} /> },
        {
          title: "Actions",
          cell: ({ name, id }) => (
            <span class="buttons">
              {name === resource.value.name ? (
                <span class="tag good">shown</span>
              ) : (
                <Button label={`Show resource ${plainly(name)}`} onClick={() => chooseResource(name)}>
                  Show
                </Button>
              )}
              {mayWrite.value && name !== session.value.defaultResource && (
                <ConfirmButton
                  action="Delete"
                  label={`Delete resource ${plainly(name)}`}
                  question="Its clients are disconnected; its keys and settings are gone for good. Delete it?"
                  onConfirm={async () => {
                    await deleteResource(id);
                    tell("The resource was deleted.");
                    await onChanged();
                  }}
                />
              )}
            </span>
          ),
        },
      ]}
    />
  );
}

function NewResource({ onChanged }: { onChanged: () => Promise<void> }) {
  const [name, setName] = useState("");
  const [group, setGroup] = useState(resource.value.resourceGroup);
  const [sku, setSku] = useState<string>("Standard_S1");
  const task = useTask();
  const create = (): void =>
    task.run(async () => {
      await createResource(group, name, sku);
      tell("The resource was made.");
      setName("");
      await onChanged();
    });
  return (
    <form
      class="panel fields"
      onSubmit={(event) => {
        event.preventDefault();
        create();
      }}
    >
      <h2 class="wide">A new resource</h2>
      <TextField label="Name" required value={name} onInput={setName} />
      <TextField label="Resource group" required value={group} onInput={setGroup} />
      <ChoiceField
        label="Tier"
        value={sku}
        onInput={setSku}
        options={SKUS.map((one) => [one, one.replace("_", " ")] as const)}
      />
      <Problem text={task.problem} />
      <div class="buttons">
        <Button submit primary disabled={task.busy}>
          Create
        </Button>
      </div>
    </form>
  );
}

function groupOf(id: string): string {
  return /\/resourceGroups\/([^/]+)/i.exec(id)?.[1] ?? "";
}
