/** The protocol's objects and events under the names that this client uses. */

import type { ClientToServerEvents } from "../protocol";

export type {
  ClientToServerEvents,
  Member as RoomMember,
  Message,
  OwnUser,
  Playback,
  Problem,
  QueueItem,
  QueueUpdated,
  Refreshed,
  Room,
  ServerToClientEvents,
  SignedIn,
  Track,
  User,
} from "../protocol";

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
