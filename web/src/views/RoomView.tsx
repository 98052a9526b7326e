import { useSignal } from "@preact/signals";
import { room, watch } from "../app";
import { route } from "../state/route";
import { ChatPanel } from "./ChatPanel";
import { LibraryPanel } from "./LibraryPanel";
import { PeoplePanel } from "./PeoplePanel";
import { PlayerCard } from "./PlayerCard";
import { QueuePanel } from "./QueuePanel";
import { RoomHead } from "./RoomHead";

const TABS = [
  ["queue", "Queue"],
  ["library", "Library"],
  ["chat", "Chat"],
  ["people", "People"],
] as const;

type Tab = (typeof TABS)[number][0];

export function RoomView() {
  const phase = room.phase.value;
  if (phase === "gone") return <Gone />;
  if (room.room.value === null) return <p class="empty page-note" role="status">Coming in…</p>;
  return <Inside />;
}

function Inside() {
  const tab = useSignal<Tab>("queue");
  return (
    <div class="room" data-tab={tab.value}>
      <RoomHead />
      <PlayerCard />
      <nav class="tabs" aria-label="Parts of the room">
        {TABS.map(([key, text]) => (
          <button key={key} type="button" aria-current={tab.value === key ? "true" : undefined} data-testid={`tab-${key}`} onClick={() => (tab.value = key)}>
            {text}
          </button>
        ))}
      </nav>
      <QueuePanel />
      <LibraryPanel />
      <div class="side">
        <PeoplePanel />
        <ChatPanel />
      </div>
    </div>
  );
}

/** One is not, or no longer, in the room. */
function Gone() {
  const again = (): void => {
    const at = route.value;
    if (at.page === "room") watch(room.enter(at.roomId, at.invite));
  };
  return (
    <div class="card page-note centred">
      <h1>You are not in this room</h1>
      <p role="alert">{room.farewell.value}</p>
      <p class="inline centre">
        <a class="button primary" href="#/">All rooms</a>
        <button type="button" onClick={again}>Try again</button>
      </p>
    </div>
  );
}
