import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  label: string;
  hint?: string;
  error?: string | null;
  value: string;
  onInput: (value: string) => void;
  isSecret?: boolean;
  autocomplete?: "username" | "new-password" | "current-password" | "off";
  maxLength: number;
  placeholder?: string;
  "data-testid": string;
}

/** A labelled input whose hint and error belong to it for everybody. */
export function Field({ label, hint, error, onInput, isSecret = false, ...input }: FieldProps) {
  const id = useId();
  const notes = [hint && !error && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  const attributes = {
    ...input,
    id,
    autocapitalize: "none" as const,
    spellcheck: false,
    "aria-invalid": Boolean(error),
    "aria-describedby": notes || undefined,
    onInput: (event: { currentTarget: HTMLInputElement }) => onInput(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {isSecret ? <input type="password" {...attributes} /> : <input type="text" {...attributes} />}
      {hint && !error && <p id={`${id}-hint`} class="hint">{hint}</p>}
      {error && <p id={`${id}-error`} class="error">{error}</p>}
    </div>
  );
}

interface SelectProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  disabled?: boolean;
  onChange: (value: Value) => void;
}

export function Select<Value extends string>(props: SelectProps<Value>) {
  const { label, value, options, disabled, onChange } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.value as Value)}
      >
        {options.map(([key, text]) => (
          <option key={key} value={key}>{text}</option>
        ))}
      </select>
    </div>
  );
}

/** What went wrong with a form as a whole. */
export function FormError({ children }: { children: ComponentChildren }) {
  return <p class="error form-error" role="alert">{children}</p>;
}
