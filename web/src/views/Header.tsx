import { connection, room, session, watch } from "../app";
import { go, route } from "../state/route";
import { Avatar } from "./Avatar";
import { Logo } from "./Icon";
import { Nav } from "./Nav";

export function Header() {
  const user = session.user.value;
  return (
    <header class="top">
      <a class="brand" href="#/" aria-label="Soundroom, all rooms">
        <Logo />
        <span>Soundroom</span>
      </a>
      <Nav />
      {user && <ConnectionState />}
      {user && <BackToRoom />}
      {user && (
        <div class="me">
          <Avatar user={user} />
          <span class="me-name">{user.displayName}</span>
          <button type="button" class="quiet" data-testid="sign-out" onClick={signOut}>Sign out</button>
        </div>
      )}
    </header>
  );
}

function signOut(): void {
  go({ page: "rooms" });
  watch(session.signOut());
}

function ConnectionState() {
  const isOnline = connection.status.value === "online";
  return (
    <p class={`connection ${isOnline ? "is-online" : ""}`} role="status" data-state={connection.status.value}>
      <span class={isOnline ? "visually-hidden" : ""}>{isOnline ? "Connected" : "Connecting…"}</span>
    </p>
  );
}

/** One goes on listening while looking at other rooms. */
function BackToRoom() {
  const current = room.room.value;
  if (current === null || route.value.page === "room") return null;
  return (
    <a class="button back" href={`#/room/${current.id}`} aria-label={`Back to ${current.name}`}>
      <span class="back-words">Back to </span>{current.name}
    </a>
  );
}
