/** The parts of the client, put together: one of each. */

import { post } from "./api/http";
import { openSocket } from "./api/socket";
import { TokenStore } from "./api/tokens";
import { uploadTrack } from "./api/upload";
import type { Room, Track } from "./api/types";
import { RoomCommands } from "./state/commands";
import { Connection } from "./state/connection";
import { hearRoom } from "./state/events";
import { Hearing } from "./state/hearing";
import { Listing } from "./state/listing";
import { CurrentRoom } from "./state/room";
import { aloneInBrowser, Session } from "./state/session";
import { Toasts } from "./state/toasts";
import { Uploads } from "./state/uploads";

const ownId = (): string | undefined => session.user.peek()?.id;

export const toasts = new Toasts();
export const { watch } = toasts;

export const session = new Session({
  post,
  store: new TokenStore(localStorage),
  now: Date.now,
  alone: aloneInBrowser,
});

export const socket = openSocket(() => session.freshToken());
export const connection = new Connection(socket, session, (sentence) => toasts.say(sentence));
export const hearing = new Hearing(connection, () => room.id, localStorage);
export const room: CurrentRoom = new CurrentRoom(connection, ownId, {
  play: (playback) => hearing.player.apply(playback),
  silence: () => hearing.player.leave(),
  say: (sentence) => toasts.say(sentence),
});
export const commands = new RoomCommands(connection, room);

export const rooms = new Listing<Room>((asked) => connection.list("room:list", asked));
export const library = new Listing<Track>((asked) =>
  connection.list("track:list", { ...asked, sort: "newest" }),
);
export const uploads = new Uploads(
  async (file, progressed, signal) =>
    uploadTrack(file, await session.freshToken(), progressed, signal),
  (track) => watch(arrive(track)),
);

hearRoom(socket, room);
connection.onConnected(() => {
  hearing.clock.start();
  void room.join();
});

/** A recording is there: show it, and put it into the queue of the room one is in. */
async function arrive(track: Track): Promise<void> {
  library.prepend(track);
  if (room.phase.peek() !== "in") return;
  await commands.add(track.id);
  toasts.say(`“${track.name}” is in the queue.`);
}
