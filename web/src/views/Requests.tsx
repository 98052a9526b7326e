import type { ComponentChildren } from "preact";
import type { User } from "../api/types";
import { friends, watch } from "../app";
import { Avatar } from "./Avatar";
import { Icon } from "./Icon";
import { PersonMenu } from "./PersonMenu";

/** Who asks, and whom one has asked. */
export function Requests() {
  const [incoming, outgoing] = [friends.incoming.value, friends.outgoing.value];
  if (incoming.length + outgoing.length === 0) return null;
  return (
    <section class="card" aria-labelledby="requests-title">
      <h2 id="requests-title">Requests</h2>
      <ul class="people">
        {incoming.map((request) => (
          <Person key={request.id} user={request.requester} note="wants to be your friend" testId="request-in">
            <button type="button" class="primary round" data-testid="request-accept" aria-label={`Accept ${request.requester.displayName}`} title="Accept" onClick={() => watch(friends.accept(request))}>
              <Icon name="check" />
            </button>
            <button type="button" class="round" data-testid="request-decline" aria-label={`Decline ${request.requester.displayName}`} title="Decline" onClick={() => watch(friends.decline(request))}>
              <Icon name="close" />
            </button>
            <PersonMenu user={request.requester} />
          </Person>
        ))}
        {outgoing.map((request) => (
          <Person key={request.id} user={request.receiver} note="has been asked" testId="request-out">
            <button type="button" data-testid="request-cancel" onClick={() => watch(friends.cancel(request))}>Cancel</button>
          </Person>
        ))}
      </ul>
    </section>
  );
}

interface PersonProps {
  readonly user: User;
  readonly note: string;
  readonly testId: string;
  readonly children: ComponentChildren;
}

function Person({ user, note, testId, children }: PersonProps) {
  return (
    <li class="person" data-testid={testId} data-user-id={user.id}>
      <Avatar user={user} />
      <span class="track-text">
        <strong>{user.displayName}</strong>
        <span class="muted">{note}</span>
      </span>
      {children}
    </li>
  );
}
