import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Identity, OwnUser, Provider } from "../api/types";
import { account, providers, watch } from "../app";
import { titleOf } from "../state/providers";
import { FormError } from "./Field";
import { OwnPassword } from "./OwnPassword";
import { useForm } from "./useForm";

/** The accounts elsewhere with which one signs in. Where there are none to be had it says nothing. */
export function IdentitiesCard({ user }: { user: OwnUser }) {
  const linked = account.identities.value;
  const open = providers.offered.value.filter((name) => !linked.some(({ provider }) => provider === name));
  useEffect(() => void providers.load(), []);
  if (linked.length + open.length === 0) return null;
  return (
    <section class="card stack" aria-labelledby="identities-title">
      <h2 id="identities-title">Linked accounts</h2>
      {linked.length > 0 && (
        <ul class="people">
          {linked.map((identity) => <Linked key={identity.provider} identity={identity} />)}
        </ul>
      )}
      {open.length > 0 && <Link user={user} open={open} />}
    </section>
  );
}

function Linked({ identity: { provider, email } }: { identity: Identity }) {
  return (
    <li class="person" data-testid="identity">
      <span class="track-text">
        <strong>{titleOf(provider)}</strong>
        <span class="muted">{email}</span>
      </span>
      <button type="button" aria-label={`Unlink ${titleOf(provider)}`} onClick={() => watch(account.unlink(provider))}>Unlink</button>
    </li>
  );
}

function Link({ user, open }: { user: OwnUser; open: readonly Provider[] }) {
  const password = useSignal("");
  const chosen = useSignal<Provider | null>(null);
  const form = useForm(async () => {
    const provider = chosen.peek() ?? open[0]!;
    location.assign(providers.leave(provider, await account.linkUrl(provider, password.value)));
  }, ["password"]);
  return (
    <form class="stack" onSubmit={form.submit} noValidate>
      <OwnPassword user={user} data-testid="identity-password" value={password.value} error={form.of("password")} onInput={(value) => (password.value = value)} />
      {form.problem && <FormError>{form.problem}</FormError>}
      {open.map((provider) => (
        <button key={provider} type="submit" data-testid={`link-${provider}`} aria-disabled={form.isBusy} onClick={() => (chosen.value = provider)}>
          Link {titleOf(provider)}
        </button>
      ))}
    </form>
  );
}
