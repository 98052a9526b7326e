import { useSignal } from "@preact/signals";
import { session } from "../app";
import { titleOf } from "../state/providers";
import type { LinkOffer } from "../state/session";
import { digits } from "../state/twoFactor";
import { Field, FormError } from "./Field";
import { useForm } from "./useForm";

/** There is an account of that address: its password shows that both are one person's. */
export function LinkStep({ offer }: { offer: LinkOffer }) {
  const [password, code] = [useSignal(""), useSignal("")];
  const form = useForm(() => session.link(password.value, digits(code.value)), ["password", "code"]);
  return (
    <form class="card auth-card" onSubmit={form.submit} noValidate aria-labelledby="link-step-title">
      <h2 id="link-step-title">You have an account already</h2>
      <p class="muted">{offer.email} has one here. Give its password once, and {titleOf(offer.provider)} signs you in from now on.</p>
      <Field label="Password" isSecret data-testid="link-password" autocomplete="current-password" maxLength={128} value={password.value} error={form.of("password")} onInput={(value) => (password.value = value)} />
      <Field label="Two-factor code, if you have set it up" data-testid="link-code" autocomplete="one-time-code" maxLength={16} value={code.value} error={form.of("code")} onInput={(value) => (code.value = value)} />
      {form.problem && <FormError>{form.problem}</FormError>}
      <button type="submit" class="primary wide" data-testid="link-submit" aria-disabled={form.isBusy}>Link and sign in</button>
      <p class="centred"><button type="button" class="as-link" onClick={() => session.stepBack()}>Begin again</button></p>
    </form>
  );
}
