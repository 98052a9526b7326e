/** Hands the server's events to the states that they change. */

import type { RoomSocket } from "../api/socket";
import type { CurrentRoom } from "./room";

export function hearRoom(socket: RoomSocket, room: CurrentRoom): void {
  const { chat } = room;
  socket.on("playback:state", (playback) => room.took(playback));
  socket.on("queue:updated", (queue) => room.hear(() => room.tookQueue(queue)));
  socket.on("room:updated", (changed) => room.hear(() => room.changed(changed)));
  socket.on("room:closed", ({ roomId }) => room.hear(() => room.closed(roomId)));
  socket.on("room:user_joined", ({ roomId, member }) =>
    room.hear(() => room.memberCame(roomId, member)),
  );
  socket.on("room:member_updated", ({ roomId, member }) =>
    room.hear(() => room.memberCame(roomId, member)),
  );
  socket.on("room:user_left", ({ roomId, userId, reason }) =>
    room.hear(() => room.memberLeft(roomId, userId, reason)),
  );
  socket.on("room:host_changed", ({ roomId, hostId }) =>
    room.hear(() => room.hostChanged(roomId, hostId)),
  );
  socket.on("user:updated", (user) => room.hear(() => room.userChanged(user)));
  socket.on("message", (message) => room.hear(() => chat.heard("message", message)));
  socket.on("typing", ({ channelId, userId }) => chat.heardTyping(channelId, userId));
}
