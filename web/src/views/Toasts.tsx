import { toasts } from "../app";
import { Icon } from "./Icon";

/** Sentences that are shown for a moment, and read out when there is time. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.list.value.map(({ id, text, kind }) => (
        <div key={id} class={`toast toast-${kind}`} data-testid="toast">
          <span>{text}</span>
          <button type="button" class="quiet round" aria-label="Dismiss" onClick={() => toasts.dismiss(id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}
