import { useEffect } from "preact/hooks";
import { providers } from "../app";
import { titleOf } from "../state/providers";

/** The ways to sign in with an account elsewhere, as far as this server has any. */
export function ProviderButtons() {
  useEffect(() => void providers.load(), []);
  return (
    <>
      {providers.offered.value.map((provider) => (
        <button key={provider} type="button" class="wide" data-testid={`auth-${provider}`} onClick={() => location.assign(providers.leave(provider))}>
          Sign in with {titleOf(provider)}
        </button>
      ))}
    </>
  );
}
