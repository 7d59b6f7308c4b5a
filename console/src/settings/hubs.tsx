// Settings of hubs: who may come without a token, and the handlers of their events.

import { useState } from "preact/hooks";
import { deleteHub, listHubSettings, saveHub, type EventHandler, type HubDocument } from "../api/management";
import { mayWrite, resource } from "../api/session";
import { Button } from "../parts/button";
import { ConfirmButton } from "../parts/confirm";
import { CheckField, TextField } from "../parts/field";
import { Outside, plainly } from "../parts/outside";
import { usePolled } from "../parts/polled";
import { Problem } from "../parts/problem";
import { useTask } from "../parts/task";
import { tell } from "../shell/notices";
import { HandlerFields } from "./handler";

export function HubsTab() {
  const { data, error, refresh } = usePolled(`hub settings ${resource.value.name}`, listHubSettings, 0);
  const [name, setName] = useState("");
  const task = useTask();
  const add = (): void =>
    task.run(async () => {
      await saveHub(name, {});
      setName("");
      refresh();
    });
  return (
    <>
      <Problem text={error} />
      {data?.length === 0 && <p class="nothing">No hub has settings yet; hubs work without any.</p>}
      {data?.map((hub) => (
        <HubSettings key={`${hub.name} ${JSON.stringify(hub.properties)}`} hub={hub} onChanged={refresh} />
      ))}
      {mayWrite.value && (
        <form
          class="panel fields"
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <TextField label="Another hub" required value={name} onInput={setName} />
          <Problem text={task.problem} />
          <div class="buttons">
            <Button submit disabled={task.busy}>
              Add settings
            </Button>
          </div>
        </form>
      )}
    </>
  );
}

const NEW_HANDLER: EventHandler = { urlTemplate: "", userEventPattern: "*", systemEvents: ["connect"] };

function HubSettings({ hub, onChanged }: { hub: HubDocument; onChanged: () => void }) {
  const saved = hub.properties;
  const [handlers, setHandlers] = useState(saved.eventHandlers ?? []);
  const [anonymous, setAnonymous] = useState(saved.anonymousConnectPolicy === "allow");
  const [verdict, setVerdict] = useState<readonly string[] | null>(null);
  const task = useTask();
  const save = (): void =>
    task.run(async () => {
      const properties = { ...saved, eventHandlers: handlers, anonymousConnectPolicy: anonymous ? "allow" : "deny" };
      setVerdict(await saveHub(hub.name, properties));
      tell("The settings were saved.");
    });
  // Saving what is saved already changes nothing, and makes the server look at each handler.
  const check = (): void => task.run(async () => setVerdict(await saveHub(hub.name, saved)));
  const isChanged = JSON.stringify(handlers) !== JSON.stringify(saved.eventHandlers ?? []);
  return (
    <section class="panel" aria-label={`Settings of hub ${plainly(hub.name)}`}>
      <h2>
        <Outside text={hub.name} />
      </h2>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <CheckField
          label="Clients may come without a token"
          checked={anonymous}
          disabled={!mayWrite.value}
          onInput={setAnonymous}
        />
        {handlers.map((handler, index) => (
          <HandlerFields
            key={index}
            number={index + 1}
            handler={handler}
            onChange={(next) => setHandlers(handlers.with(index, next))}
            onRemove={() => setHandlers(handlers.toSpliced(index, 1))}
          />
        ))}
        <Problem text={task.problem} />
        {verdict && <Verdict warnings={verdict} count={handlers.length} />}
        {mayWrite.value && (
          <div class="buttons">
            <Button onClick={() => setHandlers([...handlers, NEW_HANDLER])}>Add an event handler</Button>
            <Button submit primary disabled={task.busy}>
              Save
            </Button>
            <Button disabled={task.busy || isChanged || handlers.length === 0} onClick={check}>
              {task.busy ? "Asking…" : "Check the handlers"}
            </Button>
            <ConfirmButton
              action="Delete the settings"
              label={`Delete the settings of hub ${plainly(hub.name)}`}
              question="The hub loses its event handlers; its connections stay. Delete its settings?"
              onConfirm={async () => {
                await deleteHub(hub.name);
                tell("The settings were deleted.");
                onChanged();
              }}
            />
          </div>
        )}
      </form>
    </section>
  );
}

/** What the abuse protection of the handlers' endpoints answered. */
function Verdict({ warnings, count }: { warnings: readonly string[]; count: number }) {
  if (count === 0) return null;
  return (
    <div role="status" class={warnings.length === 0 ? "verdict good" : "verdict bad"}>
      {warnings.length === 0 ? (
        <p>Every handler's endpoint allows events of this server.</p>
      ) : (
        warnings.map((warning) => (
          <p key={warning}>
            <Outside text={warning} limit={1000} />
          </p>
        ))
      )}
    </div>
  );
}
