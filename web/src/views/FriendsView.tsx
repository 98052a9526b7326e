import type { Friend, User } from "../api/types";
import { friends, session, toasts, watch } from "../app";
import { go } from "../state/route";
import { AddFriend } from "./AddFriend";
import { Avatar } from "./Avatar";
import { STATUSES } from "./choices";
import { Icon } from "./Icon";
import { Listed } from "./Listed";
import { PersonMenu } from "./PersonMenu";
import { Requests } from "./Requests";
import { useOnline } from "./useOnline";

/** One's friends, where they are, who asks to be one, and whom one does not want to see. */
export function FriendsView() {
  if (session.user.value?.isGuest)
    return (
      <div class="card page-note centred">
        <h1>Friends</h1>
        <p>Friends are for those who have an account. Sign out and create one: it takes a name and a password.</p>
      </div>
    );
  return (
    <div class="rooms">
      <section class="card" aria-labelledby="friends-title">
        <h1 id="friends-title">Friends</h1>
        <List />
      </section>
      <div class="rooms-side">
        <Requests />
        <AddFriend />
        <Blocked />
      </div>
    </div>
  );
}

function List() {
  const list = friends.list.value;
  if (!friends.isKnown.value) return <p class="empty">Looking…</p>;
  if (list.length === 0) return <p class="empty">Nobody yet. Ask somebody by their name or tag.</p>;
  return (
    <ul class="people">
      {list.map((friend) => <FriendItem key={friend.user.id} friend={friend} />)}
    </ul>
  );
}

function FriendItem({ friend }: { friend: Friend }) {
  const { user, listening } = friend;
  return (
    <li class="person friend" data-testid="friend" data-user-id={user.id} data-status={user.status}>
      <span class="presence" data-status={user.status}><Avatar user={user} /></span>
      <span class="track-text">
        <strong>{user.displayName}</strong>
        <span class="muted" data-testid="friend-doing">{doingOf(friend)}</span>
      </span>
      {listening && (
        <button type="button" class="primary" data-testid="join-friend" aria-label={`Join ${user.displayName} in ${listening.roomName}`} onClick={() => go({ page: "room", roomId: listening.roomId })}>
          <Icon name="headphones" /> Join them
        </button>
      )}
      <PersonMenu user={user} />
    </li>
  );
}

function doingOf({ user, listening }: Friend): string {
  if (listening?.track) return `Listening to ${listening.track.name} in ${listening.roomName}`;
  if (listening) return `In ${listening.roomName}`;
  const status = user.status === "offline" ? "Offline" : STATUSES.find(([key]) => key === user.status)?.[1];
  return [status, user.customStatus].filter(Boolean).join(" · ");
}

function Blocked() {
  useOnline(() => friends.blocked.refresh());
  const unblock = async (user: User): Promise<void> => {
    await friends.unblock(user.id);
    toasts.say(`${user.displayName} is no longer blocked.`);
  };
  return (
    <section class="card" aria-labelledby="blocked-title">
      <h2 id="blocked-title">Blocked</h2>
      <Listed from={friends.blocked} as="people" looking="Looking…" none="Nobody.">
        {(user) => (
          <li key={user.id} class="person" data-testid="blocked">
            <Avatar user={user} />
            <span class="person-name">{user.displayName}</span>
            <button type="button" onClick={() => watch(unblock(user))}>Unblock</button>
          </li>
        )}
      </Listed>
    </section>
  );
}
