import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  label: string;
  hint?: string;
  error?: string | null;
  value: string;
  onInput: (value: string) => void;
  isSecret?: boolean;
  autocomplete?: "username" | "new-password" | "current-password" | "one-time-code" | "off";
  maxLength: number;
  placeholder?: string;
  inputMode?: "numeric";
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

type AreaProps = Pick<FieldProps, "label" | "error" | "value" | "onInput" | "maxLength" | "data-testid">;

/** As a field, for a few lines. */
export function Area({ label, error, onInput, ...rest }: AreaProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        {...rest}
        id={id}
        rows={3}
        aria-invalid={Boolean(error)}
        aria-describedby={error ? `${id}-error` : undefined}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {error && <p id={`${id}-error`} class="error">{error}</p>}
    </div>
  );
}

interface SelectProps<Value extends string> {
  label: string;
  /** Said, but not shown. */
  isLabelHidden?: boolean;
  value: Value;
  options: readonly (readonly [Value, string])[];
  disabled?: boolean;
  onChange: (value: Value) => void;
  "data-testid"?: string;
}

export function Select<Value extends string>(props: SelectProps<Value>) {
  const { label, isLabelHidden = false, value, options, disabled, onChange, ...rest } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id} class={isLabelHidden ? "visually-hidden" : ""}>{label}</label>
      <select
        {...rest}
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

interface CheckProps {
  label: string;
  hint?: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  "data-testid"?: string;
}

/** A box to tick. */
export function Check({ label, hint, isOn, onChange, ...rest }: CheckProps) {
  const id = useId();
  return (
    <label class="check">
      <input type="checkbox" {...rest} checked={isOn} aria-describedby={hint ? id : undefined} onChange={(event) => onChange(event.currentTarget.checked)} />
      <span>
        {label}
        {hint && <span id={id} class="hint">{hint}</span>}
      </span>
    </label>
  );
}

/** What went wrong with a form as a whole. */
export function FormError({ children }: { children: ComponentChildren }) {
  return <p class="error form-error" role="alert">{children}</p>;
}
