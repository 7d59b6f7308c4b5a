import type { EventHandler } from "../api/management";
import { mayWrite } from "../api/session";
import { Button } from "../parts/button";
import { CheckField, TextField } from "../parts/field";

const SYSTEM_EVENTS = ["connect", "connected", "disconnected"] as const;

interface HandlerFieldsProps {
  number: number;
  handler: EventHandler;
  onChange: (handler: EventHandler) => void;
  onRemove: () => void;
}

/** One event handler: where it is, and which events it gets. */
export function HandlerFields({ number, handler, onChange, onRemove }: HandlerFieldsProps) {
  const events = handler.systemEvents ?? [];
  return (
    <fieldset class="handler" disabled={!mayWrite.value}>
      <legend>Event handler {number}</legend>
      <div class="fields">
        <TextField
          label="URL template"
          required
          value={handler.urlTemplate}
          onInput={(urlTemplate) => onChange({ ...handler, urlTemplate })}
          placeholder="http://localhost:3000/api/{hub}/{event}"
        />
        <TextField
          label="User events"
          value={handler.userEventPattern ?? ""}
          onInput={(userEventPattern) => onChange({ ...handler, userEventPattern })}
          hint="* for all, none, or names separated by commas"
        />
        <div class="checks-line" role="group" aria-label="System events">
          {SYSTEM_EVENTS.map((event) => (
            <CheckField
              key={event}
              label={event}
              checked={events.includes(event)}
              onInput={(checked) =>
                onChange({
                  ...handler,
                  systemEvents: checked ? [...events, event] : events.filter((one) => one !== event),
                })
              }
            />
          ))}
        </div>
        {mayWrite.value && (
          <div class="buttons">
            <Button label={`Remove event handler ${number}`} onClick={onRemove}>
              Remove
            </Button>
          </div>
        )}
      </div>
    </fieldset>
  );
}
