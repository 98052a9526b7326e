/** Hands the server's events to the states that they change. */

import type { RoomSocket } from "../api/socket";
import type { Friends } from "./friends";
import type { OpenPlaylist } from "./playlist";
import type { Playlists } from "./playlists";
import type { Processing } from "./processing";
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

/** `say` tells of what somebody else has done. */
export function hearPeople(socket: RoomSocket, friends: Friends, say: (sentence: string) => void): void {
  socket.on("friend:request_received", ({ request }) => {
    say(`${request.requester.displayName} wants to be your friend.`);
    friends.hear(() => friends.asked(request));
  });
  socket.on("friend:request_accepted", ({ friend }) => {
    if (friends.standing(friend.user.id) === "asked") say(`${friend.user.displayName} is your friend now.`);
    friends.hear(() => friends.befriended(friend));
  });
  socket.on("friend:request_declined", ({ requestId }) => friends.hear(() => friends.settled(requestId)));
  socket.on("friend:request_cancelled", ({ requestId }) => friends.hear(() => friends.settled(requestId)));
  socket.on("friend:removed", ({ userId }) => friends.hear(() => friends.removed(userId)));
  socket.on("friend:presence", (presence) => friends.hear(() => friends.present(presence)));
  socket.on("user:updated", (user) => friends.hear(() => friends.userChanged(user)));
}

export function hearLibrary(
  socket: RoomSocket,
  playlists: Playlists,
  open: OpenPlaylist,
  processing: Processing,
): void {
  socket.on("playlist:updated", (playlist) => {
    playlists.changed(playlist);
    open.changed(playlist);
  });
  socket.on("playlist:deleted", ({ playlistId }) => {
    playlists.deleted(playlistId);
    open.deleted(playlistId);
  });
  socket.on("upload:finished", (done) => processing.finished(done));
  socket.on("upload:failed", (failed) => processing.failed(failed));
}
