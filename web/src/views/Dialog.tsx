import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { FormError } from "./Field";
import { Icon } from "./Icon";
import { useForm } from "./useForm";

const FIRST = 'input:not([type="file"]), textarea, [type="submit"]';

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A window above the page. While it is open it has the focus; then what had it before has it again. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const opener = document.activeElement;
    box.current?.showModal();
    // The way out is the first thing in it, but not what it was opened for.
    box.current?.querySelector<HTMLElement>(FIRST)?.focus();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={box}
      class="dialog card"
      aria-labelledby={id}
      onClose={onClose}
      // Only the ground behind the window is the dialog itself.
      onClick={({ target }) => target === box.current && onClose()}
    >
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id={id}>{title}</h2>
          <button type="button" class="quiet round" aria-label="Close" onClick={onClose}>
            <Icon name="close" />
          </button>
        </div>
        {children}
      </div>
    </dialog>
  );
}

interface ConfirmProps extends DialogProps {
  /** What the button says. */
  readonly action: string;
  readonly work: () => Promise<unknown>;
}

/** Asks before something that cannot be taken back. */
export function Confirm({ title, action, work, onClose, children }: ConfirmProps) {
  const form = useForm(async () => {
    await work();
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="stack" onSubmit={form.submit}>
        <p>{children}</p>
        {form.problem && <FormError>{form.problem}</FormError>}
        <div class="dialog-actions">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="danger" data-testid="confirm" aria-disabled={form.isBusy}>{action}</button>
        </div>
      </form>
    </Dialog>
  );
}
