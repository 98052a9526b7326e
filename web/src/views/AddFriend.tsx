import { useSignal } from "@preact/signals";
import type { User } from "../api/types";
import { friends, session, toasts, watch } from "../app";
import { Avatar } from "./Avatar";
import { Listed } from "./Listed";
import { PersonMenu } from "./PersonMenu";
import { Search } from "./Search";

const STANDINGS = { friend: "A friend", asked: "Asked", asks: "Asks you" };

/** A search for people by name or tag; a whole tag finds its only owner. */
export function AddFriend() {
  const query = useSignal("");
  const ask = (whom: { userId: string } | { tag: string }): void => {
    const asked = friends.request(whom).then((isFriend) => {
      toasts.say(isFriend ? "You are friends now." : "Your request is on its way.");
    });
    watch(asked);
  };
  const search = (text: string): void => {
    query.value = text.trim();
    if (query.value !== "" && !isTag(query.value)) watch(friends.people.search(query.value));
  };
  return (
    <section class="card" aria-labelledby="add-title">
      <h2 id="add-title">Add a friend</h2>
      <Search label="Name or tag, as ada#1234" data-testid="friend-search" onSearch={search} />
      {isTag(query.value) ? (
        <button type="button" class="primary" data-testid="friend-by-tag" onClick={() => ask({ tag: query.value })}>
          Ask {query.value}
        </button>
      ) : (
        query.value !== "" && (
          <Listed from={friends.people} as="people" looking="Looking…" none="Nobody is called that.">
            {(user) => <Found key={user.id} user={user} onAsk={() => ask({ userId: user.id })} />}
          </Listed>
        )
      )}
    </section>
  );
}

function Found({ user, onAsk }: { user: User; onAsk: () => void }) {
  const standing = friends.standing(user.id);
  if (user.id === session.user.value?.id || user.isGuest) return null;
  return (
    <li class="person" data-testid="found-person" data-user-id={user.id}>
      <Avatar user={user} />
      <span class="track-text">
        <strong>{user.displayName}</strong>
        <span class="muted">{user.tag}</span>
      </span>
      {standing === "none" ? (
        <button type="button" class="primary" data-testid="friend-ask" aria-label={`Ask ${user.displayName}`} onClick={onAsk}>Ask</button>
      ) : (
        <span class="badge">{STANDINGS[standing]}</span>
      )}
      <PersonMenu user={user} />
    </li>
  );
}

function isTag(text: string): boolean {
  return /^[\w-]+#\d{4}$/.test(text);
}
