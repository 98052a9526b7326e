/** The parts of the client, put together: one of each. */

import { effect } from "@preact/signals";
import { get, offers, post, uploadImage } from "./api/http";
import { sendResumably } from "./api/resumable";
import { openSocket } from "./api/socket";
import { TokenStore } from "./api/tokens";
import type { Image, Room, Track } from "./api/types";
import { uploadTrack } from "./api/upload";
import { Account } from "./state/account";
import { RoomCommands } from "./state/commands";
import { Connection } from "./state/connection";
import { hearLibrary, hearPeople, hearRoom } from "./state/events";
import { Favourites } from "./state/favourites";
import { Friends } from "./state/friends";
import { Hearing } from "./state/hearing";
import { Library } from "./state/library";
import { Listing } from "./state/listing";
import { OpenPlaylist } from "./state/playlist";
import { Playlists } from "./state/playlists";
import { Processing } from "./state/processing";
import { Providers } from "./state/providers";
import { CurrentRoom } from "./state/room";
import { sendBy } from "./state/sending";
import { aloneInBrowser, Session } from "./state/session";
import { Toasts } from "./state/toasts";
import { TwoFactor } from "./state/twoFactor";
import { Uploads } from "./state/uploads";

const ownId = (): string | undefined => session.user.peek()?.id;
const say = (sentence: string): void => toasts.say(sentence);
const freshToken = (): Promise<string> => session.freshToken();

export const toasts = new Toasts();
export const { watch } = toasts;

export const session = new Session({
  post,
  store: new TokenStore(localStorage),
  now: Date.now,
  alone: aloneInBrowser,
});

export const socket = openSocket(freshToken);
export const connection = new Connection(socket, session, say);
export const hearing = new Hearing(connection, () => room.id, localStorage);
export const room: CurrentRoom = new CurrentRoom(connection, ownId, {
  play: (playback) => hearing.player.apply(playback),
  silence: () => hearing.player.leave(),
  say,
});
export const commands = new RoomCommands(connection, room);
export const rooms = new Listing<Room>((asked) => connection.list("room:list", asked));

/** The library as a room shows it, with a search of its own. */
export const recordings = new Listing<Track>((asked) =>
  connection.list("track:list", { sort: "newest", ...asked }),
);
export const favourites = new Favourites(connection);
export const playlists = new Playlists(connection, ownId);
export const playlist = new OpenPlaylist(connection, () => session.user.value);
export const library = new Library(connection, () => [recordings, favourites, playlist]);

const processing = new Processing(async (id) => get(`/uploads/tus/${id}`, await freshToken()));
export const uploads = new Uploads(
  sendBy({
    resumably: (file, progress, signal) => sendResumably(file, freshToken, progress, signal),
    atOnce: async (file, progress, signal) => uploadTrack(file, await freshToken(), progress, signal),
    processing,
  }),
  (track, roomId) => watch(arrive(track, roomId)),
);

export const friends = new Friends(connection);
export const account = new Account(connection, {
  know: (user) => session.know(user),
  end: (farewell) => session.end(farewell),
  uploadImage: uploadPicture,
});
export const twoFactor = new TwoFactor(connection, (isOn) => {
  const user = session.user.peek();
  if (user !== null) session.know({ ...user, twoFactorEnabled: isOn });
});
export const providers = new Providers({
  offers,
  drawer: sessionStorage,
  page: location.origin + location.pathname,
  exchange: (code) => session.exchange(code),
  confirmLink: (code) => account.confirmLink(code),
});

hearRoom(socket, room);
hearPeople(socket, friends, say);
hearLibrary(socket, playlists, playlist, processing);
connection.onConnected(() => {
  hearing.clock.start();
  void room.join();
  processing.recheck();
  // What fails here is asked for again with the next connect.
  friends.load().catch(() => undefined);
  favourites.load().catch(() => undefined);
});

let shownTo = ownId();
effect(() => {
  const id = session.user.value?.id;
  if (id !== shownTo) forgetAll();
  shownTo = id;
});

/** Somebody else is here, or nobody: nothing of the one before is shown to them. */
function forgetAll(): void {
  uploads.clear();
  playlist.close();
  twoFactor.close();
  const stores = [rooms, recordings, library.tracks, library.artists, playlists, favourites, friends, account];
  for (const store of stores) store.forget();
}

export async function uploadPicture(file: File): Promise<Image> {
  return uploadImage(file, await freshToken());
}

/** A recording is there: show it, and put it into the queue of the room for which it was sent. */
async function arrive(track: Track, roomId: string | null): Promise<void> {
  recordings.prepend(track);
  library.tracks.prepend(track);
  if (roomId === null || room.phase.peek() !== "in" || room.id !== roomId) {
    toasts.say(`“${track.name}” is in the library.`);
    return;
  }
  await commands.add(track.id);
  toasts.say(`“${track.name}” is in the queue.`);
}
