import type { ComponentChildren } from "preact";

interface ButtonProps {
  children: ComponentChildren;
  onClick?: () => void;
  /** What a screen reader says, where what is shown does not tell. */
  label?: string | undefined;
  submit?: boolean;
  primary?: boolean;
  danger?: boolean;
  quiet?: boolean;
  disabled?: boolean;
  pressed?: boolean;
}

export function Button(props: ButtonProps) {
  const look = props.primary ? "primary" : props.danger ? "danger" : props.quiet ? "quiet" : "";
  return (
    <button
      type={props.submit ? "submit" : "button"}
      class={`button ${look}`}
      aria-label={props.label}
      aria-pressed={props.pressed}
      disabled={props.disabled}
      onClick={props.onClick}
    >
      {props.children}
    </button>
  );
}
