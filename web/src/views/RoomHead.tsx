import { useSignal } from "@preact/signals";
import { commands, room, toasts, watch } from "../app";
import { go, hashOf } from "../state/route";
import { Icon } from "./Icon";
import { hereNow } from "./PeoplePanel";
import { RoomSettings } from "./RoomSettings";

const WHO_STEERS = {
  host: "The host steers",
  djs: "The host and DJs steer",
  everyone: "Everyone steers",
};

export function RoomHead() {
  const isOpen = useSignal(false);
  const current = room.room.value;
  if (current === null) return null;
  const leave = (): void => {
    void room.leave();
    go({ page: "rooms" });
  };
  return (
    <div class="room-head">
      <div class="room-name">
        <h1 data-testid="room-title">{current.name}</h1>
        <p class="muted">{hereNow()} listening · {WHO_STEERS[current.controlMode]}</p>
      </div>
      <div class="room-actions">
        <button type="button" data-testid="copy-link" onClick={() => watch(copyLink())}>
          <Icon name="link" /> <span>Copy link</span>
        </button>
        {room.isHost.value && (
          <button type="button" class="round" aria-label="Room settings" aria-expanded={isOpen.value} aria-controls="room-settings" onClick={() => (isOpen.value = !isOpen.value)}>
            <Icon name="gear" />
          </button>
        )}
        <button type="button" data-testid="leave" onClick={leave}>Leave</button>
      </div>
      {room.isHost.value && isOpen.value && <RoomSettings room={current} />}
    </div>
  );
}

/** A link that lets in whoever has it; where the room is not public only its host has the code for it. */
async function copyLink(): Promise<void> {
  const { id, visibility } = room.room.peek()!;
  const isOpen = visibility === "public" || !room.isHost.peek();
  const invite = isOpen ? undefined : await commands.inviteCode();
  const hash = hashOf(invite === undefined ? { page: "room", roomId: id } : { page: "room", roomId: id, invite });
  const link = `${location.origin}${location.pathname}${hash}`;
  try {
    await navigator.clipboard.writeText(link);
    toasts.say("The link is copied. Send it to whom you want here.");
  } catch {
    toasts.say(link); // no clipboard without https: show it
  }
}
