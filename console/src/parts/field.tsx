// Form fields with their labels.

import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  value: string;
  onInput: (value: string) => void;
}

interface TextFieldProps extends FieldProps {
  type?: "text" | "search" | "number" | "password" | "url" | "datetime-local";
  placeholder?: string;
  required?: boolean;
  lines?: number;
  suggestions?: readonly string[];
  min?: number;
  max?: number;
  autocomplete?: string;
}

export function TextField(props: TextFieldProps) {
  const id = useId();
  // The types know of each other's attributes; those that are used here, every type has.
  const type = (props.type ?? "text") as "text";
  const shared = {
    id,
    value: props.value,
    placeholder: props.placeholder,
    required: props.required,
    spellcheck: false,
    "aria-describedby": props.hint ? `${id}-hint` : undefined,
    onInput: (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) =>
      props.onInput(event.currentTarget.value),
  };
  return (
    <div class={props.lines ? "field wide" : "field"}>
      <label for={id}>{props.label}</label>
      {props.lines ? (
        <textarea {...shared} rows={props.lines} dir="auto" />
      ) : (
        <input
          {...shared}
          type={type}
          dir={props.type === "number" ? undefined : "auto"}
          min={props.min}
          max={props.max}
          list={props.suggestions ? `${id}-list` : undefined}
          autocomplete={props.autocomplete ?? "off"}
        />
      )}
      {props.suggestions && (
        <datalist id={`${id}-list`}>
          {props.suggestions.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      )}
      {props.hint && (
        <p id={`${id}-hint`} class="hint">
          {props.hint}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps extends FieldProps {
  /** Values, and what they are called. */
  options: readonly (readonly [value: string, name: string])[];
}

export function ChoiceField(props: ChoiceProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <select id={id} value={props.value} onChange={(event) => props.onInput(event.currentTarget.value)}>
        {props.options.map(([value, name]) => (
          <option key={value} value={value} selected={value === props.value}>
            {name}
          </option>
        ))}
      </select>
      {props.hint && <p class="hint">{props.hint}</p>}
    </div>
  );
}

interface CheckProps {
  label: ComponentChildren;
  checked: boolean;
  onInput: (checked: boolean) => void;
  disabled?: boolean;
}

export function CheckField({ label, checked, onInput, disabled }: CheckProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onInput(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}
