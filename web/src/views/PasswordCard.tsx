import { useSignal } from "@preact/signals";
import type { OwnUser } from "../api/types";
import { account, toasts } from "../app";
import { Field, FormError } from "./Field";
import { OwnPassword } from "./OwnPassword";
import { useForm } from "./useForm";

/** A new password. */
export function PasswordCard({ user }: { user: OwnUser }) {
  const [current, next] = [useSignal(""), useSignal("")];
  const form = useForm(async () => {
    await account.changePassword(current.value, next.value);
    current.value = next.value = "";
    toasts.say("Your password is changed. Other devices are signed out.");
  }, ["currentPassword", "newPassword"]);
  return (
    <section class="card stack" aria-labelledby="password-title">
      <h2 id="password-title">Password</h2>
      <form class="stack" onSubmit={form.submit} noValidate aria-labelledby="password-title">
        {/* Password keepers want to know whose it is. */}
        <input type="text" hidden autocomplete="username" value={user.username} readOnly />
        <OwnPassword user={user} data-testid="password-current" value={current.value} error={form.of("currentPassword")} onInput={(value) => (current.value = value)} />
        <Field label="New password" isSecret hint="At least 8 characters" data-testid="password-new" autocomplete="new-password" maxLength={128} value={next.value} error={form.of("newPassword")} onInput={(value) => (next.value = value)} />
        {form.problem && <FormError>{form.problem}</FormError>}
        <button type="submit" data-testid="password-save" aria-disabled={form.isBusy}>Change the password</button>
      </form>
    </section>
  );
}
