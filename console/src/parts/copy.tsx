import { tell, tellFailure } from "../shell/notices";
import { Button } from "./button";

interface CopyProps {
  /** What is copied, or what gives it. */
  text: string | (() => string | Promise<string>);
  label: string;
  children?: string;
}

export function CopyButton({ text, label, children = "Copy" }: CopyProps) {
  const copy = async (): Promise<void> => {
    try {
      await write(typeof text === "string" ? text : await text());
      tell("Copied.");
    } catch (error) {
      tellFailure(`Not copied: ${error instanceof Error ? error.message : "the browser did not allow it"}`);
    }
  };
  return (
    <Button label={label} onClick={() => void copy()}>
      {children}
    </Button>
  );
}

/** Browsers have a clipboard for pages that came by https or from this machine only; the old way does for others. */
async function write(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("the browser did not allow it");
}
