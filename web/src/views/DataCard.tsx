import { useSignal } from "@preact/signals";
import type { OwnUser } from "../api/types";
import { account } from "../app";
import { Dialog } from "./Dialog";
import { Field, FormError } from "./Field";
import { OwnPassword } from "./OwnPassword";
import { useForm } from "./useForm";

/** What is kept about one: taking it along, and deleting it. */
export function DataCard({ user }: { user: OwnUser }) {
  const isDeleting = useSignal(false);
  const url = useSignal<string | null>(null);
  const form = useForm(async () => {
    url.value = await account.exportUrl();
  });
  return (
    <section class="card stack" aria-labelledby="data-title">
      <h2 id="data-title">Your data</h2>
      <p class="muted">One file with everything that is kept about you, and with links to your recordings.</p>
      {url.value === null ? (
        <button type="button" data-testid="export" aria-disabled={form.isBusy} onClick={() => form.submit()}>Get my data</button>
      ) : (
        <p>
          <a class="button" href={url.value} download="soundroom-data.json" data-testid="export-link">Download</a>{" "}
          <span class="hint">The link works for ten minutes.</span>
        </p>
      )}
      {form.problem && <FormError>{form.problem}</FormError>}
      <button type="button" class="danger" data-testid="delete-account" onClick={() => (isDeleting.value = true)}>Delete my account…</button>
      {isDeleting.value && <DeleteAccount user={user} onClose={() => (isDeleting.value = false)} />}
    </section>
  );
}

function DeleteAccount({ user, onClose }: { user: OwnUser; onClose: () => void }) {
  const [password, typed] = [useSignal(""), useSignal("")];
  const form = useForm(() => account.delete(password.value), ["password"]);
  const isSure = typed.value.trim() === user.username;
  return (
    <Dialog title="Delete your account?" onClose={onClose}>
      <form class="stack" onSubmit={(event) => (isSure ? form.submit(event) : event.preventDefault())} noValidate>
        <p>Your messages stay, without your name. Everything else goes, and nobody can bring it back.</p>
        <Field label={`Type ${user.username} to go on`} data-testid="delete-name" autocomplete="off" maxLength={32} value={typed.value} onInput={(value) => (typed.value = value)} />
        <OwnPassword user={user} data-testid="delete-password" value={password.value} error={form.of("password")} onInput={(value) => (password.value = value)} />
        {form.problem && <FormError>{form.problem}</FormError>}
        <div class="dialog-actions">
          <button type="button" onClick={onClose}>Keep it</button>
          <button type="submit" class="danger" data-testid="delete-confirm" disabled={!isSure} aria-disabled={form.isBusy}>Delete for good</button>
        </div>
      </form>
    </Dialog>
  );
}
