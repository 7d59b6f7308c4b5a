// A client URL for a hub, and what its token says.

import { useState } from "preact/hooks";
import { messageOf } from "../api/call";
import { makeClientUrl, type ClientUrl } from "../api/playground";
import { Button } from "../parts/button";
import { CopyButton } from "../parts/copy";
import { CheckField, TextField } from "../parts/field";
import { Outside } from "../parts/outside";
import { TokenExplanation } from "./token";
import { Problem } from "../parts/problem";

const ROLES = [
  ["webpubsub.joinLeaveGroup", "Join and leave every group"],
  ["webpubsub.sendToGroup", "Send to every group"],
] as const;

interface AccessFormProps {
  onMade: (hub: string, made: ClientUrl) => void;
}

export function AccessForm({ onMade }: AccessFormProps) {
  const [hub, setHub] = useState("chat");
  const [user, setUser] = useState("");
  const [roles, setRoles] = useState<string[]>(ROLES.map(([role]) => role));
  const [otherRoles, setOtherRoles] = useState("");
  const [groups, setGroups] = useState("");
  const [minutes, setMinutes] = useState("60");
  const [made, setMade] = useState<ClientUrl | null>(null);
  const [problem, setProblem] = useState("");
  const make = async (): Promise<void> => {
    try {
      const access = { roles: [...roles, ...listed(otherRoles)], groups: listed(groups), minutes: Number(minutes) };
      const url = await makeClientUrl(hub, user === "" ? access : { ...access, user });
      setProblem("");
      setMade(url);
      onMade(hub, url);
    } catch (error) {
      setProblem(messageOf(error));
    }
  };
  return (
    <section class="panel">
      <h2>Client URL</h2>
      <form
        class="fields"
        onSubmit={(event) => {
          event.preventDefault();
          void make();
        }}
      >
        <TextField label="Hub" required value={hub} onInput={setHub} />
        <TextField label="User" value={user} onInput={setUser} placeholder="nobody" />
        <TextField label="Minutes until it expires" type="number" min={1} value={minutes} onInput={setMinutes} />
        <TextField label="Groups, separated by commas" value={groups} onInput={setGroups} />
        <fieldset class="field wide">
          <legend>Roles</legend>
          {ROLES.map(([role, meaning]) => (
            <CheckField
              key={role}
              label={meaning}
              checked={roles.includes(role)}
              onInput={(checked) => setRoles(checked ? [...roles, role] : roles.filter((one) => one !== role))}
            />
          ))}
          <TextField
            label="Other roles, separated by commas"
            value={otherRoles}
            onInput={setOtherRoles}
            placeholder="webpubsub.sendToGroup.room"
          />
        </fieldset>
        <Problem text={problem} />
        <div class="buttons">
          <Button submit primary>
            Make the URL
          </Button>
          {made && (
            <CopyButton text={made.url} label="Copy the client URL">
              Copy the URL
            </CopyButton>
          )}
        </div>
      </form>
      {made && (
        <>
          <p class="made-url">
            <Outside text={made.url} limit={120} />
          </p>
          <details>
            <summary>What the token says</summary>
            <TokenExplanation explanation={made.explanation} />
          </details>
        </>
      )}
    </section>
  );
}

function listed(text: string): string[] {
  return text
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);
}
