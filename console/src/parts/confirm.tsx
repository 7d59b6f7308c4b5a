import { useState } from "preact/hooks";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { Problem } from "./problem";
import { useTask } from "./task";

interface ConfirmProps {
  /** What the button says, and the dialog that it opens. */
  action: string;
  question: string;
  label?: string;
  onConfirm: () => Promise<void>;
}

/** A button for what cannot be taken back: it asks once. */
export function ConfirmButton({ action, question, label, onConfirm }: ConfirmProps) {
  const [isAsking, setAsking] = useState(false);
  const task = useTask();
  const confirm = (): void =>
    task.run(async () => {
      await onConfirm();
      setAsking(false);
    });
  return (
    <>
      <Button danger label={label} onClick={() => setAsking(true)}>
        {action}
      </Button>
      {isAsking && (
        <Dialog title={action} onClose={() => setAsking(false)}>
          <p>{question}</p>
          <Problem text={task.problem} />
          <div class="buttons">
            <Button danger disabled={task.busy} onClick={confirm}>
              {action}
            </Button>
            <Button onClick={() => setAsking(false)}>Cancel</Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
