import type { Identity, SessionInfo } from "../api/types";
import { account, watch } from "../app";
import { deviceName, moment } from "./format";

/** Where one is signed in, and with what. */
export function SessionsCard() {
  const sessions = account.sessions.value;
  const identities = account.identities.value;
  return (
    <section class="card stack" aria-labelledby="sessions-title">
      <h2 id="sessions-title">Where you are signed in</h2>
      {sessions === null && <p class="empty">Looking…</p>}
      <ul class="people" data-testid="sessions">
        {sessions?.map((one) => <Item key={one.id} session={one} />)}
      </ul>
      {identities.length > 0 && (
        <>
          <h3>Linked accounts</h3>
          <ul class="people">
            {identities.map((one) => <Linked key={one.provider} identity={one} />)}
          </ul>
        </>
      )}
    </section>
  );
}

function Item({ session }: { session: SessionInfo }) {
  const { id, address, lastUsedAt, current } = session;
  const device = deviceName(session.device);
  return (
    <li class="person" data-testid="session">
      <span class="track-text">
        <strong>{device}</strong>
        <span class="muted">{address} · {moment(lastUsedAt)}</span>
      </span>
      {current ? (
        <span class="badge badge-good">This one</span>
      ) : (
        <button type="button" aria-label={`Sign out ${device}`} onClick={() => watch(account.revoke(id))}>Sign out</button>
      )}
    </li>
  );
}

function Linked({ identity }: { identity: Identity }) {
  const { provider, email } = identity;
  const name = provider.charAt(0).toUpperCase() + provider.slice(1);
  return (
    <li class="person">
      <span class="track-text">
        <strong>{name}</strong>
        <span class="muted">{email}</span>
      </span>
      <button type="button" aria-label={`Unlink ${name}`} onClick={() => watch(account.unlink(provider))}>Unlink</button>
    </li>
  );
}
