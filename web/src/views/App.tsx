import { useSignalEffect } from "@preact/signals";
import { room, session, watch } from "../app";
import { type Route, route } from "../state/route";
import { AuthView } from "./AuthView";
import { FriendsView } from "./FriendsView";
import { Header } from "./Header";
import { LibraryView } from "./LibraryView";
import { PlaylistView } from "./PlaylistView";
import { RoomsView } from "./RoomsView";
import { RoomView } from "./RoomView";
import { SettingsView } from "./SettingsView";
import { Toasts } from "./Toasts";

const TITLES = { rooms: "Rooms", library: "Library", playlist: "Playlist", friends: "Friends", settings: "Settings" };

/** The whole page. */
export function App() {
  useSignalEffect(() => {
    const at = route.value;
    if (!session.isOpen.value) void room.leave();
    else if (at.page === "room") watch(room.enter(at.roomId, at.invite));
  });
  useSignalEffect(() => {
    document.title = titleOf(route.value);
  });
  return (
    <>
      <a class="skip-link" href="#main" onClick={skipToMain}>Skip to the content</a>
      <Header />
      <main id="main" tabIndex={-1}>
        {session.isOpen.value ? <Page at={route.value} /> : <AuthView />}
      </main>
      <Toasts />
    </>
  );
}

/** What the browser's tab says, and a screen reader when one goes somewhere. */
function titleOf(at: Route): string {
  if (!session.isOpen.value) return "Soundroom";
  const title = at.page === "room" ? room.room.value?.name : TITLES[at.page];
  return title === undefined ? "Soundroom" : `${title} · Soundroom`;
}

function Page({ at }: { at: Route }) {
  switch (at.page) {
    case "room":
      return <RoomView />;
    case "library":
      return <LibraryView part={at.part} />;
    case "playlist":
      return <PlaylistView key={at.playlistId} id={at.playlistId} />;
    case "friends":
      return <FriendsView />;
    case "settings":
      return <SettingsView />;
    default:
      return <RoomsView />;
  }
}

/** Without changing the address, which says where one is. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
