import type { SessionInfo } from "../api/types";
import { account, watch } from "../app";
import { deviceName, moment } from "./format";

/** Where one is signed in. */
export function SessionsCard() {
  const sessions = account.sessions.value;
  return (
    <section class="card stack" aria-labelledby="sessions-title">
      <h2 id="sessions-title">Where you are signed in</h2>
      {sessions === null && <p class="empty">Looking…</p>}
      <ul class="people" data-testid="sessions">
        {sessions?.map((one) => <Item key={one.id} session={one} />)}
      </ul>
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
