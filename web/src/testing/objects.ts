/** Objects of the protocol for tests, with what matters given. */

import type { Drawer } from "../api/tokens";
import type { Message, OwnUser, Playback, Room, RoomMember } from "../api/types";

export const ROOM = "00000000-0000-7000-8000-000000000001";
export const CHANNEL = "00000000-0000-7000-8000-000000000002";

export function user(id: string): OwnUser {
  return { id, username: id, displayName: id } as OwnUser;
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

/** A `localStorage` of one's own. */
export function drawer(): Drawer {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}
