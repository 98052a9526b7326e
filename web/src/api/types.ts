/** The protocol's objects and events under the names that this client uses. */

import type { ClientToServerEvents, Identity, Track } from "../protocol";

export type {
  Artist,
  ClientToServerEvents,
  Favorite as Favourite,
  Friend,
  FriendRequest,
  Identity,
  Listening,
  Member as RoomMember,
  Message,
  OwnUser,
  Playback,
  Playlist,
  PlaylistItem,
  Problem,
  QueueItem,
  QueueUpdated,
  Refreshed,
  Room,
  ServerToClientEvents,
  Session as SessionInfo,
  SignedIn,
  Track,
  TwoFactorKey,
  User,
} from "../protocol";

/** With whose accounts one may sign in. */
export type Provider = Identity["provider"];

export type ClientEvent = keyof ClientToServerEvents;

type Arguments<E extends ClientEvent> = Extract<
  Parameters<ClientToServerEvents[E]>,
  readonly [unknown, unknown]
>;

/** What is sent with an event. */
export type PayloadOf<E extends ClientEvent> = Arguments<E>[0];

/** The `data` of an event's acknowledgement. */
export type DataOf<E extends ClientEvent> = Arguments<E>[1] extends (answer: infer Answer) => void
  ? Extract<Answer, { success: true; data: unknown }>["data"]
  : never;

/** What stands beside the array where `data` is a list. */
export interface Meta {
  readonly nextCursor?: string | null;
  readonly hasMore?: boolean;
  readonly lastSeq?: number;
}

/** Where a resumable upload is, as `GET /uploads/tus/<id>` tells. */
export interface UploadState {
  readonly id: string;
  readonly state: "receiving" | "processing" | "done" | "failed";
  readonly track: Track | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** An image that has been uploaded, in two sizes. */
export interface Image {
  readonly id: string;
  readonly url: string;
  readonly width: number;
  readonly height: number;
  readonly thumbnailUrl: string;
}
