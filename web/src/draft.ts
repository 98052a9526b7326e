/** Stands in until `protocol.ts` has been generated. */

export type Ack<T> =
  | { success: true; data: T; meta?: Record<string, unknown> }
  | { success: false; error: string; code: string; details?: unknown; retryAfter?: number; data?: unknown };

export interface User {
  id: string; username: string; tag: string; displayName: string; avatarUrl: string | null; bio: string | null;
  status: "online" | "idle" | "dnd" | "offline"; customStatus: string | null; role: "user" | "moderator" | "admin";
  isGuest: boolean; createdAt: string;
}
export interface OwnUser extends User { email: string | null; provider: string; twoFactorEnabled: boolean }
export interface Artist { id: string; name: string; genre: string | null; imageUrl: string | null }
export interface Track {
  id: string; name: string; genre: string | null; duration: number; url: string; artist: Artist | null;
  coverUrl: string | null; waveform: number[]; uploadedBy: string | null; createdAt: string;
}
export interface Room {
  id: string; name: string; visibility: "public" | "friends" | "private"; hostId: string | null;
  controlMode: "host" | "djs" | "everyone"; queueOrder: "fifo" | "fair" | "votes"; repeat: "off" | "track" | "queue";
  autoplayPlaylistId: string | null; channelId: string; memberCount: number; capacity: number; createdAt: string;
}
export interface RoomMember { user: User; role: "host" | "dj" | "listener"; joinedAt: string; connected: boolean }
export interface Playback {
  roomId: string; version: number; status: "stopped" | "waiting" | "playing" | "paused"; track: Track | null;
  queueItemId: string | null; position: number; anchorAt: number | null; rate: number; waitingFor: string[];
  reason: string; changedBy: string | null;
}
export interface QueueItem { id: string; track: Track; addedBy: string | null; votes: number; addedAt: string }
export interface Message {
  id: string; channelId: string; userId: string | null; author: User | null; content: string; nonce: string | null;
  replyTo: string | null; edited: boolean; pinned: boolean; reactions: unknown[]; attachments: unknown[];
  timestamp: string; createdAt: string; updatedAt: string; seq: number;
}
interface Joined {
  room: Room; members: RoomMember[]; playback: Playback; queue: QueueItem[]; messages: Message[]; you: RoomMember;
}
type Event<P, D> = (payload: P, ack: (answer: Ack<D>) => void) => void;
type InRoom = { roomId: string };
export interface ClientToServerEvents {
  "session:renew": Event<{ token: string }, { expiresAt: string }>;
  "clock:sync": Event<{ clientTime: number }, { clientTime: number; receivedAt: number; sentAt: number; clockEpoch: string }>;
  "room:create": Event<{ name: string; visibility?: Room["visibility"]; controlMode?: Room["controlMode"]; queueOrder?: Room["queueOrder"]; capacity?: number }, { room: Room; inviteCode: string }>;
  "room:list": Event<{ query?: string; cursor?: string; limit?: number }, Room[]>;
  "room:join": Event<{ roomId: string; inviteCode?: string }, Joined>;
  "room:get": Event<InRoom, Room & { inviteCode?: string }>;
  "room:leave": Event<InRoom, object>;
  "room:update": Event<{ roomId: string; name?: string; visibility?: Room["visibility"]; controlMode?: Room["controlMode"]; queueOrder?: Room["queueOrder"]; repeat?: Room["repeat"] }, Room>;
  "room:close": Event<InRoom, object>;
  "room:set_role": Event<{ roomId: string; userId: string; role: "dj" | "listener" }, object>;
  "room:kick": Event<{ roomId: string; userId: string }, object>;
  "room:transfer_host": Event<{ roomId: string; userId: string }, object>;
  "playback:get": Event<InRoom, Playback>;
  "playback:play": Event<{ roomId: string; trackId?: string; position?: number; ifVersion?: number }, Playback>;
  "playback:pause": Event<{ roomId: string; ifVersion?: number }, Playback>;
  "playback:seek": Event<{ roomId: string; position: number; ifVersion?: number }, Playback>;
  "playback:set_rate": Event<{ roomId: string; rate: number; ifVersion?: number }, Playback>;
  "playback:skip": Event<{ roomId: string; ifVersion?: number }, Playback>;
  "playback:ready": Event<{ roomId: string; version: number }, object>;
  "playback:report": Event<{ roomId: string; version: number; position: number; at: number; rtt?: number; jitter?: number; outputLatency?: number; buffering?: boolean }, { drift: number; action: "none" | "nudge" | "seek"; rate: number; position: number }>;
  "playback:vote_skip": Event<{ roomId: string; queueItemId: string }, { votes: number; needed: number }>;
  "queue:add": Event<{ roomId: string; trackId: string; nonce?: string }, object>;
  "queue:remove": Event<{ roomId: string; itemId: string }, object>;
  "queue:move": Event<{ roomId: string; itemId: string; position: number }, object>;
  "queue:clear": Event<InRoom, object>;
  "queue:vote": Event<{ roomId: string; itemId: string; vote: 1 | 0 | -1 }, object>;
  "track:list": Event<{ query?: string; cursor?: string; limit?: number }, Track[]>;
  message: Event<{ content: string; channelId?: string; nonce?: string }, Message>;
  "message:list": Event<{ channelId: string; before?: string; limit?: number }, Message[]>;
  "channel:sync": Event<{ channelId: string; since: number }, { recovered: boolean; events?: { event: string; data: Record<string, unknown> }[] }>;
  typing: Event<{ channelId: string }, object>;
}
export interface ServerToClientEvents {
  connected: (data: { userId: string; sessionId: string; user: OwnUser; serverTime: number; clockEpoch: string; protocolVersion: number }) => void;
  "session:expiring": (data: { expiresAt: string }) => void;
  "session:ended": (data: { code: "token_expired" | "session_revoked"; reconnect: boolean }) => void;
  "server:draining": (data: { retryAfter: number }) => void;
  "room:user_joined": (data: { roomId: string; member: RoomMember }) => void;
  "room:user_left": (data: { roomId: string; userId: string; reason: string }) => void;
  "room:member_updated": (data: { roomId: string; member: RoomMember }) => void;
  "room:updated": (data: Room) => void;
  "room:closed": (data: { roomId: string }) => void;
  "room:host_changed": (data: { roomId: string; hostId: string | null }) => void;
  "playback:state": (data: Playback) => void;
  "queue:updated": (data: { roomId: string; version: number; queue: QueueItem[] }) => void;
  "user:updated": (data: User) => void;
  message: (data: Message) => void;
  typing: (data: { channelId: string; userId: string }) => void;
}
