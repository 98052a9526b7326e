/** Objects of the protocol for tests, with what matters given. */

import type { Drawer } from "../api/tokens";
import type {
  Friend,
  FriendRequest,
  Message,
  OwnUser,
  Playback,
  Playlist,
  PlaylistItem,
  Room,
  RoomMember,
  Track,
} from "../api/types";

export const ROOM = "00000000-0000-7000-8000-000000000001";
export const CHANNEL = "00000000-0000-7000-8000-000000000002";

export function user(id: string): OwnUser {
  return { id, username: id, displayName: id, role: "user" } as OwnUser;
}

export function member(id: string, role: RoomMember["role"] = "listener"): RoomMember {
  return { user: user(id), role, joinedAt: "2026-01-01T00:00:00.000Z", connected: true };
}

export function playback(version: number, more: Partial<Playback> = {}): Playback {
  return { roomId: ROOM, version, status: "stopped", track: null, waitingFor: [], ...more } as Playback;
}

export function message(seq: number, more: Partial<Message> = {}): Message {
  const id = `m${String(seq).padStart(4, "0")}`;
  return { id, seq, channelId: CHANNEL, userId: "grace", content: `message ${seq}`, nonce: null, ...more } as Message;
}

export function room(more: Partial<Room> = {}): Room {
  return { id: ROOM, name: "A room", hostId: "ada", controlMode: "host", channelId: CHANNEL, ...more } as Room;
}

export function track(id: string, more: Partial<Track> = {}): Track {
  return { id, name: `track ${id}`, genre: null, artist: null, uploadedBy: "ada", ...more } as Track;
}

export function playlist(id: string, more: Partial<Playlist> = {}): Playlist {
  const updatedAt = "2026-01-01T00:00:00.000Z";
  return { id, name: `playlist ${id}`, owner: user("ada"), isPublic: false, trackCount: 0, updatedAt, ...more } as Playlist;
}

/** Entry `e<id>` of a playlist. */
export function entry(id: string, position: number): PlaylistItem {
  return { ...track(id), entryId: `e${id}`, position, addedAt: "2026-01-01T00:00:00.000Z" };
}

export function friend(id: string, status: Friend["user"]["status"] = "online"): Friend {
  return { user: { ...user(id), status }, since: "2026-01-01T00:00:00.000Z", listening: null };
}

export function friendRequest(id: string, requester: string, receiver: string): FriendRequest {
  return { id, requester: user(requester), receiver: user(receiver), createdAt: "2026-01-01T00:00:00.000Z" };
}

/** A `localStorage` of one's own. */
export function drawer(): Drawer {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}
