import { useSignal } from "@preact/signals";
import type { TargetedEvent } from "preact";
import { Failure, sentenceOf } from "../api/failure";
import { session } from "../app";
import { route } from "../state/route";
import { Field, FormError } from "./Field";
import { Logo } from "./Icon";
import { LinkStep } from "./LinkStep";
import { ProviderButtons } from "./ProviderButtons";
import { SecondFactor } from "./SecondFactor";

const KEYS = ["username", "password"];

/** Who one is, and with what one shows it. */
export function AuthView() {
  return (
    <div class="auth">
      <Welcome />
      <NextStep />
    </div>
  );
}

function NextStep() {
  const at = session.step.value;
  if (at.step === "second") return <SecondFactor />;
  return at.step === "link" ? <LinkStep offer={at.offer} /> : <FirstStep />;
}

/** Signing in, making an account, or coming in with a name alone. */
function FirstStep() {
  const isNew = useSignal(false);
  const username = useSignal("");
  const password = useSignal("");
  const failure = useSignal<unknown>(null);
  const isBusy = useSignal(false);

  const come = async (how: () => Promise<void>): Promise<void> => {
    if (isBusy.value) return;
    isBusy.value = true;
    failure.value = null;
    await how().catch((error: unknown) => {
      failure.value = error;
    });
    isBusy.value = false;
  };
  const submit = (event: TargetedEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const [name, secret] = [username.value.trim(), password.value];
    void come(() => (isNew.value ? session.register(name, secret) : session.login(name, secret)));
  };
  const problemOf = (key: string): string | null =>
    failure.value instanceof Failure ? failure.value.of(key) : null;
  const isTold = KEYS.some((key) => problemOf(key) !== null);

  return (
    <form class="card auth-card" onSubmit={submit} noValidate aria-labelledby="auth-title">
      <h2 id="auth-title">{isNew.value ? "Create an account" : "Sign in"}</h2>
      {session.farewell.value && <p class="notice" role="status">{session.farewell.value}</p>}
      <Field
        label="Username"
        data-testid="auth-username"
        autocomplete="username"
        maxLength={32}
        value={username.value}
        error={problemOf("username")}
        {...(isNew.value ? { hint: "3 to 32 letters, digits, - and _" } : {})}
        onInput={(value) => (username.value = value)}
      />
      <Field
        label="Password"
        isSecret
        data-testid="auth-password"
        autocomplete={isNew.value ? "new-password" : "current-password"}
        maxLength={128}
        value={password.value}
        error={problemOf("password")}
        {...(isNew.value ? { hint: "At least 8 characters" } : {})}
        onInput={(value) => (password.value = value)}
      />
      {failure.value !== null && !isTold && <FormError>{sentenceOf(failure.value)}</FormError>}
      <button type="submit" class="primary wide" data-testid="auth-submit" aria-disabled={isBusy.value}>
        {isNew.value ? "Create account" : "Sign in"}
      </button>
      <p class="or"><span>or</span></p>
      <ProviderButtons />
      <button
        type="button"
        class="wide"
        data-testid="auth-guest"
        aria-disabled={isBusy.value}
        onClick={() => void come(() => session.guest(username.value.trim()))}
      >
        Come in as a guest
      </button>
      <p class="hint centred">A guest needs a username, and no password.</p>
      <p class="centred">
        {isNew.value ? "You have an account?" : "New here?"}{" "}
        <button
          type="button"
          class="as-link"
          data-testid="auth-switch"
          onClick={() => {
            isNew.value = !isNew.value;
            failure.value = null;
          }}
        >
          {isNew.value ? "Sign in" : "Create an account"}
        </button>
      </p>
    </form>
  );
}

function Welcome() {
  const isInvited = route.value.page === "room" && session.farewell.value === null;
  return (
    <div class="welcome">
      <span class="welcome-logo"><Logo /></span>
      <h1>{isInvited ? "You are invited to listen along." : "One track, one moment, everywhere."}</h1>
      <p>
        {isInvited
          ? "Sign in or come in as a guest, and you are in the room."
          : "Open a room, put on a recording, and hear it together: the same second on every device."}
      </p>
    </div>
  );
}
