import { useSignal } from "@preact/signals";
import { session } from "../app";
import { digits } from "../state/twoFactor";
import { Field, FormError } from "./Field";
import { useForm } from "./useForm";

/** The second step of signing in: a code from the app, or a recovery code. */
export function SecondFactor() {
  const isRecovery = useSignal(false);
  const code = useSignal("");
  const form = useForm(async () => {
    const typed = digits(code.value);
    await session.loginSecond(isRecovery.value ? { recoveryCode: typed } : { code: typed });
  }, ["code", "recoveryCode"]);
  return (
    <form class="card auth-card" onSubmit={form.submit} noValidate aria-labelledby="second-title">
      <h2 id="second-title">One more step</h2>
      <Field
        label={isRecovery.value ? "Recovery code" : "Code from your authenticator app"}
        data-testid="second-code"
        autocomplete={isRecovery.value ? "off" : "one-time-code"}
        {...(isRecovery.value ? {} : { inputMode: "numeric" as const })}
        maxLength={16}
        value={code.value}
        error={form.of("code") ?? form.of("recoveryCode")}
        onInput={(value) => (code.value = value)}
      />
      {form.problem && <FormError>{form.problem}</FormError>}
      <button type="submit" class="primary wide" data-testid="second-submit" aria-disabled={form.isBusy}>Sign in</button>
      <p class="centred">
        <button
          type="button"
          class="as-link"
          data-testid="second-recovery"
          onClick={() => {
            isRecovery.value = !isRecovery.value;
            code.value = "";
            form.clear();
          }}
        >
          {isRecovery.value ? "Use the app" : "Use a recovery code"}
        </button>{" "}
        or{" "}
        <button type="button" class="as-link" onClick={() => session.stepBack()}>begin again</button>
      </p>
    </form>
  );
}
