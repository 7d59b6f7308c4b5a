import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "./button";

interface DialogProps {
  title: ComponentChildren;
  children: ComponentChildren;
  onClose: () => void;
}

/** A modal dialog: the browser keeps the focus in it, gives it back afterwards, and closes it on Escape. */
export function Dialog({ title, children, onClose }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const opener = document.activeElement;
    element.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog ref={element} aria-labelledby={titleId} onClose={onClose}>
      <header class="dialog-head">
        <h2 id={titleId}>{title}</h2>
        <Button quiet label="Close dialog" onClick={onClose}>
          ×
        </Button>
      </header>
      {children}
    </dialog>
  );
}
