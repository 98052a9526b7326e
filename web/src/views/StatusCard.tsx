import { useSignal } from "@preact/signals";
import type { OwnUser } from "../api/types";
import { account, toasts, watch } from "../app";
import { STATUSES } from "./choices";
import { Field, FormError, Select } from "./Field";
import { useForm } from "./useForm";

/** How one is; the choice counts at once, the words when they are saved. */
export function StatusCard({ user }: { user: OwnUser }) {
  const words = useSignal(user.customStatus ?? "");
  const form = useForm(async () => {
    await account.setStatus({ status: user.status, customStatus: words.value.trim() || null });
    toasts.say("Your status is saved.");
  }, ["customStatus"]);
  return (
    <section class="card stack" aria-labelledby="status-title">
      <h2 id="status-title">Status</h2>
      <Select label="You are" data-testid="status" value={user.status} options={STATUSES} onChange={(status) => watch(account.setStatus({ status }))} />
      <form class="inline-form" onSubmit={form.submit} noValidate>
        <Field label="In your words" data-testid="custom-status" autocomplete="off" maxLength={128} value={words.value} error={form.of("customStatus")} onInput={(value) => (words.value = value)} />
        <button type="submit" aria-disabled={form.isBusy}>Save</button>
      </form>
      {form.problem && <FormError>{form.problem}</FormError>}
    </section>
  );
}
