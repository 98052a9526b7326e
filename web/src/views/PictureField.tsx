import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";

interface PictureFieldProps {
  readonly label: string;
  readonly hint: string;
  /** The picture that is there. */
  readonly url: string | null;
  /** Hears the file that was chosen, or null where there is to be none. */
  readonly onChange: (file: File | null) => void;
  readonly isRound?: boolean;
}

/** A picture to choose or to take away, shown before it is sent. */
export function PictureField({ label, hint, url, onChange, isRound = false }: PictureFieldProps) {
  const id = useId();
  const shown = useSignal(url);
  useEffect(() => {
    shown.value = url;
  }, [url]);
  useEffect(() => () => release(shown.peek()), []);
  const show = (file: File | null): void => {
    release(shown.peek());
    shown.value = file === null ? null : URL.createObjectURL(file);
    onChange(file);
  };
  return (
    <div class="field">
      <span class="field-label" id={id}>{label}</span>
      <div class="picture" role="group" aria-labelledby={id}>
        {shown.value ? <img class={isRound ? "avatar picture-shown" : "cover picture-shown"} src={shown.value} alt="" /> : null}
        <label class="button file-button">
          {shown.value ? "Choose another" : "Choose a picture"}
          <input
            type="file"
            class="visually-hidden"
            accept="image/*"
            aria-label={`${label}: choose a picture`}
            data-testid="picture-input"
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file !== undefined) show(file);
              event.currentTarget.value = "";
            }}
          />
        </label>
        {shown.value && <button type="button" class="quiet" onClick={() => show(null)}>Remove</button>}
      </div>
      <p class="hint">{hint}</p>
    </div>
  );
}

/** Let go of a picture that was only here. */
function release(url: string | null): void {
  if (url?.startsWith("blob:")) URL.revokeObjectURL(url);
}
