import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { OwnUser, TwoFactorKey } from "../api/types";
import { toasts, twoFactor } from "../app";
import { imageOf } from "../state/twoFactor";
import { Field, FormError } from "./Field";
import { OwnPassword } from "./OwnPassword";
import { RecoveryCodes } from "./RecoveryCodes";
import { useForm } from "./useForm";

/** The second factor: turning it on step by step, and off. */
export function TwoFactorCard({ user }: { user: OwnUser }) {
  const at = twoFactor.at.value;
  useEffect(() => () => twoFactor.close(), []);
  return (
    <section class="card stack" aria-labelledby="two-factor-title">
      <div class="card-head">
        <h2 id="two-factor-title">Two-factor sign-in</h2>
        <span class={`badge ${user.twoFactorEnabled ? "badge-good" : ""}`} data-testid="two-factor-state">
          {user.twoFactorEnabled ? "On" : "Off"}
        </span>
      </div>
      {at.step === "codes" && <RecoveryCodes codes={at.recoveryCodes} />}
      {at.step === "scan" && <Scan made={at.key} />}
      {at.step === "idle" && (user.twoFactorEnabled ? <TurnOff user={user} /> : <TurnOn user={user} />)}
    </section>
  );
}

function TurnOn({ user }: { user: OwnUser }) {
  const password = useSignal("");
  const form = useForm(() => twoFactor.begin(password.value), ["password"]);
  return (
    <form class="stack" onSubmit={form.submit} noValidate>
      <p class="muted">With it a stolen password is not enough: signing in also takes a code from an app on your phone.</p>
      <OwnPassword user={user} data-testid="two-factor-password" value={password.value} error={form.of("password")} onInput={(value) => (password.value = value)} />
      {form.problem && <FormError>{form.problem}</FormError>}
      <button type="submit" class="primary" data-testid="two-factor-begin" aria-disabled={form.isBusy}>Set it up</button>
    </form>
  );
}

function Scan({ made: { qrSvg, secret } }: { made: TwoFactorKey }) {
  const code = useSignal("");
  const form = useForm(async () => {
    await twoFactor.enable(code.value);
    toasts.say("Two-factor sign-in is on.");
  }, ["code"]);
  return (
    <form class="stack" onSubmit={form.submit} noValidate>
      <p>Scan this with an authenticator app, or type the key into it.</p>
      <img class="qr" src={imageOf(qrSvg)} alt="QR code with the key below" />
      <p class="secret"><span class="muted small">Key</span> <code data-testid="two-factor-secret">{secret}</code></p>
      <Field label="The code that the app shows" data-testid="two-factor-code" autocomplete="one-time-code" inputMode="numeric" maxLength={12} value={code.value} error={form.of("code")} onInput={(value) => (code.value = value)} />
      {form.problem && <FormError>{form.problem}</FormError>}
      <div class="dialog-actions">
        <button type="button" onClick={() => twoFactor.close()}>Cancel</button>
        <button type="submit" class="primary" data-testid="two-factor-enable" aria-disabled={form.isBusy}>Turn it on</button>
      </div>
    </form>
  );
}

function TurnOff({ user }: { user: OwnUser }) {
  const [password, code] = [useSignal(""), useSignal("")];
  const form = useForm(async () => {
    await twoFactor.disable(password.value, code.value);
    toasts.say("Two-factor sign-in is off.");
  }, ["password", "code"]);
  return (
    <form class="stack" onSubmit={form.submit} noValidate>
      <p class="muted">Signing in takes a code from your app. To turn that off:</p>
      <OwnPassword user={user} data-testid="two-factor-password" value={password.value} error={form.of("password")} onInput={(value) => (password.value = value)} />
      <Field label="A code from the app, or a recovery code" data-testid="two-factor-code" autocomplete="one-time-code" maxLength={16} value={code.value} error={form.of("code")} onInput={(value) => (code.value = value)} />
      {form.problem && <FormError>{form.problem}</FormError>}
      <button type="submit" class="danger" data-testid="two-factor-disable" aria-disabled={form.isBusy}>Turn it off</button>
    </form>
  );
}
