import { useSignalEffect } from "@preact/signals";
import { room, session, watch } from "../app";
import { route } from "../state/route";
import { AuthView } from "./AuthView";
import { Header } from "./Header";
import { RoomsView } from "./RoomsView";
import { RoomView } from "./RoomView";
import { Toasts } from "./Toasts";

/** The whole page. */
export function App() {
  useSignalEffect(() => {
    const at = route.value;
    if (!session.isOpen.value) void room.leave();
    else if (at.page === "room") watch(room.enter(at.roomId, at.invite));
  });
  return (
    <>
      <a class="skip-link" href="#main" onClick={skipToMain}>Skip to the content</a>
      <Header />
      <main id="main" tabIndex={-1}>
        {!session.isOpen.value ? <AuthView /> : route.value.page === "room" ? <RoomView /> : <RoomsView />}
      </main>
      <Toasts />
    </>
  );
}

/** Without changing the address, which says where one is. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}
