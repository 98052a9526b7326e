import type { Room } from "../api/types";
import { commands, watch } from "../app";
import { CONTROL_MODES, QUEUE_ORDERS, REPEATS, VISIBILITIES } from "./choices";
import { Select } from "./Field";

/** What a host may change; each choice counts at once. */
export function RoomSettings({ room }: { room: Room }) {
  return (
    <div id="room-settings" class="settings" role="group" aria-label="Room settings">
      <Select label="Who may come in" value={room.visibility} options={VISIBILITIES} onChange={(visibility) => watch(commands.update({ visibility }))} />
      <Select label="Who steers" value={room.controlMode} options={CONTROL_MODES} onChange={(controlMode) => watch(commands.update({ controlMode }))} />
      <Select label="Order of the queue" value={room.queueOrder} options={QUEUE_ORDERS} onChange={(queueOrder) => watch(commands.update({ queueOrder }))} />
      <Select label="Repeat" value={room.repeat} options={REPEATS} onChange={(repeat) => watch(commands.update({ repeat }))} />
      <button type="button" class="danger" onClick={() => watch(commands.close())}>Close the room</button>
    </div>
  );
}
