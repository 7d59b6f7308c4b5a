// What can be done about a connection, a user, a group or a whole hub.

import { useState } from "preact/hooks";
import { act, type Action, type Target } from "../api/console";
import { messageOf } from "../api/call";
import { Button } from "../parts/button";
import { Dialog } from "../parts/dialog";
import { ChoiceField, TextField } from "../parts/field";
import { Outside } from "../parts/outside";
import { tell } from "../shell/notices";
import { Problem } from "../parts/problem";

type Kind = Action["action"];

interface ActionDialogProps {
  hub: string;
  target: Target;
  onClose: () => void;
}

interface Draft {
  kind: Kind;
  type: "text" | "json" | "binary";
  data: string;
  group: string;
  permission: string;
  reason: string;
}

const EMPTY: Draft = { kind: "send", type: "text", data: "", group: "", permission: "sendToGroup", reason: "" };

const NAMES: Record<Kind, string> = {
  send: "Send a message",
  addToGroup: "Add to a group",
  removeFromGroup: "Remove from a group",
  grant: "Grant a permission",
  revoke: "Revoke a permission",
  close: "Close",
};

const TYPES = [
  ["text", "Text"],
  ["json", "JSON"],
  ["binary", "Binary, as base64"],
] as const;

const PERMISSIONS = [
  ["sendToGroup", "Send to group"],
  ["joinLeaveGroup", "Join and leave group"],
] as const;

export function ActionDialog({ hub, target, onClose }: ActionDialogProps) {
  const [draft, setDraft] = useState(EMPTY);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const change = (changes: Partial<Draft>): void => setDraft({ ...draft, ...changes });
  const perform = async (): Promise<void> => {
    setBusy(true);
    try {
      await act(hub, target, actionOf(draft));
      tell(`${NAMES[draft.kind]}: done.`);
      onClose();
    } catch (error) {
      setProblem(messageOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog title={<TargetName hub={hub} target={target} />} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void perform();
        }}
      >
        <ChoiceField
          label="Action"
          value={draft.kind}
          onInput={(kind) => change({ kind: kind as Kind })}
          options={kindsFor(target).map((kind) => [kind, NAMES[kind]] as const)}
        />
        <ActionFields draft={draft} change={change} />
        <Problem text={problem} />
        <div class="buttons">
          <Button submit primary={draft.kind !== "close"} danger={draft.kind === "close"} disabled={busy}>
            {NAMES[draft.kind]}
          </Button>
          <Button onClick={onClose}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}

function ActionFields({ draft, change }: { draft: Draft; change: (changes: Partial<Draft>) => void }) {
  const group = <TextField label="Group" required value={draft.group} onInput={(value) => change({ group: value })} />;
  switch (draft.kind) {
    case "send":
      return (
        <>
          <ChoiceField
            label="Type"
            value={draft.type}
            onInput={(type) => change({ type: type as Draft["type"] })}
            options={TYPES}
          />
          <TextField label="Message" lines={4} value={draft.data} onInput={(data) => change({ data })} />
        </>
      );
    case "close":
      return <TextField label="Reason" value={draft.reason} onInput={(reason) => change({ reason })} />;
    case "grant":
    case "revoke":
      return (
        <>
          <ChoiceField
            label="Permission"
            value={draft.permission}
            onInput={(permission) => change({ permission })}
            options={PERMISSIONS}
          />
          {group}
        </>
      );
    default:
      return group;
  }
}

function kindsFor(target: Target): Kind[] {
  if ("connection" in target) return ["send", "addToGroup", "removeFromGroup", "grant", "revoke", "close"];
  if ("user" in target) return ["send", "addToGroup", "removeFromGroup", "close"];
  return ["send", "close"];
}

function actionOf({ kind, type, data, group, permission, reason }: Draft): Action {
  switch (kind) {
    case "send":
      return { action: "send", type, data: type === "json" ? parsed(data) : data };
    case "close":
      return reason === "" ? { action: "close" } : { action: "close", reason };
    case "grant":
    case "revoke":
      return { action: kind, permission, group };
    default:
      return { action: kind, group };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The message is no JSON: ${messageOf(error)}`);
  }
}

function TargetName({ hub, target }: { hub: string; target: Target }) {
  if ("all" in target) {
    return (
      <>
        Everybody in hub <Outside text={hub} limit={60} />
      </>
    );
  }
  const [kind, name] = Object.entries(target)[0] as [string, string];
  return (
    <>
      {{ connection: "Connection", user: "User", group: "Group" }[kind]} <Outside text={name} limit={60} />
    </>
  );
}
