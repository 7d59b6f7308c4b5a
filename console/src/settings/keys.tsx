// Access keys: shown on request only, copied, made anew.

import { useState } from "preact/hooks";
import { listKeys, regenerateKey, type Keys, type KeyType } from "../api/management";
import { mayWrite } from "../api/session";
import { Button } from "../parts/button";
import { ConfirmButton } from "../parts/confirm";
import { CopyButton } from "../parts/copy";
import { Problem } from "../parts/problem";
import { useTask } from "../parts/task";
import { tell } from "../shell/notices";

const HIDDEN = "••••••••••••••••••••••••";

const KINDS = [
  ["Primary", "primaryKey", "primaryConnectionString"],
  ["Secondary", "secondaryKey", "secondaryConnectionString"],
] as const;

export function KeysTab() {
  const [keys, setKeys] = useState<Keys | null>(null);
  const task = useTask();
  if (!mayWrite.value) return <p class="nothing">A console that is read-only shows no keys.</p>;
  const regenerate = async (keyType: KeyType): Promise<void> => {
    const made = await regenerateKey(keyType);
    if (keys !== null) setKeys(made);
    tell(`${keyType === "Salt" ? "The salt" : `The ${keyType.toLowerCase()} key`} was made anew.`);
  };
  return (
    <>
      <div class="buttons">
        {keys === null ? (
          <Button primary disabled={task.busy} onClick={() => task.run(async () => setKeys(await listKeys()))}>
            Show the keys
          </Button>
        ) : (
          <Button onClick={() => setKeys(null)}>Hide the keys</Button>
        )}
      </div>
      <Problem text={task.problem} />
      {KINDS.map(([kind, key, connectionString]) => (
        <section key={kind} class="panel">
          <h2>{kind}</h2>
          <Secret name={`${kind} key`} shown={keys?.[key]} read={async () => (await listKeys())[key]} />
          <Secret
            name={`${kind} connection string`}
            shown={keys?.[connectionString]}
            read={async () => (await listKeys())[connectionString]}
          />
          <ConfirmButton
            action={`Regenerate the ${kind.toLowerCase()} key`}
            question="Tokens and connection strings that were made with it are refused from now on. Make a new one?"
            onConfirm={() => regenerate(kind)}
          />
        </section>
      ))}
      <section class="panel">
        <h2>Salt</h2>
        <p class="hint">
          Reconnection tokens are made with it. With another one, lost connections cannot be come back to.
        </p>
        <ConfirmButton
          action="Regenerate the salt"
          question="Clients that have lost their line cannot come back to their connections. Make a new salt?"
          onConfirm={() => regenerate("Salt")}
        />
      </section>
    </>
  );
}

interface SecretProps {
  name: string;
  shown: string | null | undefined;
  read: () => Promise<string | null>;
}

function Secret({ name, shown, read }: SecretProps) {
  return (
    <div class="secret">
      <span class="secret-name">{name}</span>
      <code>{shown ?? <span aria-label="hidden">{HIDDEN}</span>}</code>
      <CopyButton label={`Copy the ${name.toLowerCase()}`} text={async () => (await read()) ?? ""} />
    </div>
  );
}
