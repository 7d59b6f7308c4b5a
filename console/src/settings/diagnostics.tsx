// Diagnostic settings: which resource logs go where.

import { useState } from "preact/hooks";
import {
  deleteDiagnosticSetting,
  destinationId,
  listDiagnosticSettings,
  saveDiagnosticSetting,
  type DiagnosticProperties,
  type DiagnosticSetting,
} from "../api/management";
import { mayWrite, resource } from "../api/session";
import { Button } from "../parts/button";
import { ConfirmButton } from "../parts/confirm";
import { CheckField, ChoiceField, TextField } from "../parts/field";
import { Table } from "../parts/listing";
import { Outside, plainly } from "../parts/outside";
import { usePolled } from "../parts/polled";
import { Problem } from "../parts/problem";
import { useTask } from "../parts/task";
import { tell } from "../shell/notices";

const CATEGORIES = ["ConnectivityLogs", "MessagingLogs", "HttpRequestLogs"] as const;
const DESTINATIONS = [
  ["workspaces", "A workspace of this server"],
  ["storageAccounts", "A storage folder"],
] as const;

export function DiagnosticsTab() {
  const { data, error, refresh } = usePolled(`diagnostics ${resource.value.name}`, listDiagnosticSettings, 0);
  return (
    <>
      <Problem text={error} />
      {data?.length === 0 && <p class="nothing">No logs go anywhere.</p>}
      {data && data.length > 0 && <SettingTable settings={data} onChanged={refresh} />}
      {mayWrite.value && <NewSetting onChanged={refresh} />}
    </>
  );
}

function SettingTable({ settings, onChanged }: { settings: readonly DiagnosticSetting[]; onChanged: () => void }) {
  return (
    <Table
      caption="Diagnostic settings"
      rows={settings}
      rowKey={({ name }) => name}
      columns={[
        { title: "Name", cell: ({ name }) => <Outside text={name} /> },
        { title: "Logs", cell: ({ properties }) => <Outside text={logsOf(properties)} /> },
        { title: "Destination", cell: ({ properties }) => <Outside text={destinationsOf(properties)} /> },
        {
          title: "Actions",
          cell: ({ name }) =>
            mayWrite.value && (
              <ConfirmButton
                action="Delete"
                label={`Delete diagnostic setting ${plainly(name)}`}
                question="Its logs stop; what was written stays. Delete the setting?"
                onConfirm={async () => {
                  await deleteDiagnosticSetting(name);
                  tell("The setting was deleted.");
                  onChanged();
                }}
              />
            ),
        },
      ]}
    />
  );
}

function NewSetting({ onChanged }: { onChanged: () => void }) {
  const [name, setName] = useState("");
  const [type, setType] = useState<(typeof DESTINATIONS)[number][0]>("workspaces");
  const [destination, setDestination] = useState("");
  const [categories, setCategories] = useState<string[]>([...CATEGORIES]);
  const task = useTask();
  const save = (): void =>
    task.run(async () => {
      const logs = categories.map((category) => ({ category, enabled: true }));
      const member = type === "workspaces" ? "workspaceId" : "storageAccountId";
      await saveDiagnosticSetting(name, { [member]: destinationId(type, destination), logs });
      tell("The logs are on their way.");
      setName("");
      onChanged();
    });
  return (
    <form
      class="panel fields"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
    >
      <h2 class="wide">A new setting</h2>
      <TextField label="Name" required value={name} onInput={setName} />
      <ChoiceField
        label="Destination"
        value={type}
        onInput={(value) => setType(value as typeof type)}
        options={DESTINATIONS}
      />
      <TextField label="Its name" required value={destination} onInput={setDestination} />
      <div class="checks-line wide" role="group" aria-label="Categories">
        {CATEGORIES.map((category) => (
          <CheckField
            key={category}
            label={category}
            checked={categories.includes(category)}
            onInput={(checked) =>
              setCategories(checked ? [...categories, category] : categories.filter((one) => one !== category))
            }
          />
        ))}
      </div>
      <Problem text={task.problem} />
      <div class="buttons">
        <Button submit primary disabled={task.busy}>
          Save
        </Button>
      </div>
    </form>
  );
}

function logsOf({ logs }: DiagnosticProperties): string {
  const on = (logs ?? []).filter(({ enabled }) => enabled);
  return on.map(({ category, categoryGroup }) => category ?? categoryGroup ?? "").join(", ") || "none";
}

function destinationsOf(properties: DiagnosticProperties): string {
  const named = [
    ["workspace", properties.workspaceId],
    ["storage", properties.storageAccountId],
    ["event hub", properties.eventHubAuthorizationRuleId],
  ] as const;
  const last = (id: string): string =>
    (id.includes("/namespaces/") ? id.split("/namespaces/")[1] : id.split("/").at(-1)) ?? id;
  return named.flatMap(([kind, id]) => (id ? [`${kind} ${last(id)}`] : [])).join(", ");
}
