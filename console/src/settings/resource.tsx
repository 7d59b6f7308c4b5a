// The resource itself: its tier, which decides its quotas, who may come in, stopping and restarting.

import { useState } from "preact/hooks";
import {
  changeResource,
  listSkus,
  restartResource,
  showResource,
  type ResourceDocument,
  type Sku,
} from "../api/management";
import { mayWrite, resource } from "../api/session";
import { Button } from "../parts/button";
import { ConfirmButton } from "../parts/confirm";
import { CheckField, ChoiceField } from "../parts/field";
import { usePolled } from "../parts/polled";
import { Problem } from "../parts/problem";
import { useTask } from "../parts/task";
import { tell } from "../shell/notices";

const load = async (): Promise<{ document: ResourceDocument; skus: Sku[] }> => {
  const [document, skus] = await Promise.all([showResource(), listSkus()]);
  return { document, skus };
};

export function ResourceTab() {
  const { data, error, refresh } = usePolled(`resource ${resource.value.name}`, load, 0);
  return (
    <>
      <Problem text={error} />
      {data && <Tier key={data.document.sku.name + data.document.sku.capacity} {...data} onChanged={refresh} />}
      {data && <Doors document={data.document} onChanged={refresh} />}
    </>
  );
}

interface TierProps {
  document: ResourceDocument;
  skus: Sku[];
  onChanged: () => void;
}

function Tier({ document, skus, onChanged }: TierProps) {
  const [name, setName] = useState(document.sku.name);
  const [capacity, setCapacity] = useState(String(document.sku.capacity));
  const task = useTask();
  const units = skus.find(({ sku }) => sku.name === name)?.capacity.allowedValues ?? [];
  const chosen = units.includes(Number(capacity)) ? Number(capacity) : (units[0] ?? 1);
  const save = (): void =>
    task.run(async () => {
      await changeResource({ sku: { name, capacity: chosen } });
      tell("The tier was changed.");
      onChanged();
    });
  return (
    <section class="panel">
      <h2>Tier and quotas</h2>
      <p class="hint">
        The tier says how many connections the resource may have; the free one also, how many messages a day. Another
        one applies at once; who is connected stays.
      </p>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <ChoiceField
          label="Tier"
          value={name}
          onInput={setName}
          options={skus.map(({ sku }) => [sku.name, sku.name.replace("_", " ")] as const)}
        />
        <ChoiceField
          label="Units"
          value={String(chosen)}
          onInput={setCapacity}
          options={units.map((unit) => [String(unit), String(unit)] as const)}
        />
        <Problem text={task.problem} />
        {mayWrite.value && (
          <div class="buttons">
            <Button submit primary disabled={task.busy}>
              Change the tier
            </Button>
          </div>
        )}
      </form>
    </section>
  );
}

function Doors({ document, onChanged }: { document: ResourceDocument; onChanged: () => void }) {
  const task = useTask();
  const { disableLocalAuth, disableAadAuth, resourceStopped, publicNetworkAccess } = document.properties;
  const isStopped = resourceStopped === "true";
  const change = (properties: object, said: string): void =>
    task.run(async () => {
      await changeResource({ properties });
      tell(said);
      onChanged();
    });
  return (
    <section class="panel">
      <h2>Who may come in</h2>
      <CheckField
        label="Tokens signed with access keys"
        checked={!disableLocalAuth}
        disabled={!mayWrite.value || task.busy}
        onInput={(on) =>
          change({ disableLocalAuth: !on }, on ? "Access keys are good again." : "Access keys are refused.")
        }
      />
      <CheckField
        label="Tokens of the authority and of an Entra tenant"
        checked={!disableAadAuth}
        disabled={!mayWrite.value || task.busy}
        onInput={(on) =>
          change({ disableAadAuth: !on }, on ? "Such tokens are good again." : "Such tokens are refused.")
        }
      />
      <CheckField
        label="Anybody from the network, within its rules"
        checked={publicNetworkAccess !== "Disabled"}
        disabled={!mayWrite.value || task.busy}
        onInput={(on) =>
          change(
            { publicNetworkAccess: on ? "Enabled" : "Disabled" },
            on ? "The network is let in." : "Nobody is let in.",
          )
        }
      />
      <Problem text={task.problem} />
      {mayWrite.value && (
        <div class="buttons">
          {isStopped ? (
            <Button onClick={() => change({ resourceStopped: "false" }, "The resource was started.")}>Start</Button>
          ) : (
            <ConfirmButton
              key="stop"
              action="Stop"
              question="Everybody is disconnected, and nobody let in until the resource is started again. Stop it?"
              onConfirm={async () => {
                await changeResource({ properties: { resourceStopped: "true" } });
                tell("The resource was stopped.");
                onChanged();
              }}
            />
          )}
          <ConfirmButton
            key="restart"
            action="Restart"
            question="Everybody is disconnected and may come back at once. Restart the resource?"
            onConfirm={async () => {
              await restartResource();
              tell("The resource was restarted.");
            }}
          />
        </div>
      )}
    </section>
  );
}
