/** Objects and events of the library, the people and the accounts, as far as the server's registry has not told of them. */

import type {
  Ack,
  Artist,
  Done,
  LibraryList,
  ListAck,
  OwnUser,
  Send,
  SendBare,
  Track,
  User,
} from "../protocol";

export interface Playlist {
  id: string;
  name: string;
  imageUrl: string | null;
  isPublic: boolean;
  allowDuplicates: boolean;
  owner: User | null;
  trackCount: number;
  duration: number;
  createdAt: string;
  updatedAt: string;
}

export interface PlaylistItem extends Track {
  entryId: string;
  position: number;
  addedAt: string;
}

export interface Listening {
  roomId: string;
  roomName: string;
  track: Track | null;
}

export interface Friend {
  user: User;
  since: string;
  listening: Listening | null;
}

export interface FriendRequest {
  id: string;
  requester: User;
  receiver: User;
  createdAt: string;
}

export interface TwoFactorSetup {
  secret: string;
  otpauthUrl: string;
  qrSvg: string;
}

export interface Identity {
  provider: string;
  email: string | null;
  linkedAt: string;
}

type Paged<More> = Omit<LibraryList, "sort"> & More;
type Tracks = Paged<{ sort?: "name" | "newest" | "artist" | "duration"; uploadedBy?: string }>;
type Playlists = Paged<{ sort?: "name" | "newest" | "updated"; ownerId?: string; trackId?: string }>;
type Entry = { playlistId: string; trackId: string };

export interface UpcomingEvents {
  "track:list": SendBare<Tracks, ListAck<Track>>;
  "track:update": Send<
    { trackId: string; name?: string; genre?: string | null; artistId?: string | null },
    Ack<Track>
  >;
  "track:delete": Send<{ trackId: string }, Ack<Done>>;
  "artist:create": Send<{ name: string; genre?: string; nonce?: string }, Ack<Artist>>;
  "playlist:create": Send<
    { name: string; isPublic?: boolean; allowDuplicates?: boolean; nonce?: string },
    Ack<Playlist>
  >;
  "playlist:update": Send<
    { playlistId: string; name?: string; isPublic?: boolean; imageUrl?: string | null; allowDuplicates?: boolean },
    Ack<Playlist>
  >;
  "playlist:delete": Send<{ playlistId: string }, Ack<Done>>;
  "playlist:get": Send<{ playlistId: string }, Ack<Playlist & { tracks: PlaylistItem[] }>>;
  "playlist:list": SendBare<Playlists, ListAck<Playlist>>;
  "playlist:tracks": Send<{ playlistId: string; cursor?: string; limit?: number }, ListAck<PlaylistItem>>;
  "playlist:add_track": Send<
    Entry & { position?: number; nonce?: string },
    Ack<Playlist & { entryId: string }>
  >;
  "playlist:remove_track": Send<Entry & { entryId?: string }, Ack<Playlist>>;
  "playlist:move_track": Send<Entry & { position: number; entryId?: string }, Ack<Playlist>>;
  "favorite:add": Send<{ trackId: string }, Ack<Track>>;
  "favorite:remove": Send<{ trackId: string }, Ack<Done>>;
  "favorite:list": SendBare<Tracks, ListAck<Track & { favoritedAt: string }>>;
  "friend:request": Send<
    { userId?: string; tag?: string },
    Ack<{ request: FriendRequest | null; friend: Friend | null }>
  >;
  "friend:accept": Send<{ requestId: string }, Ack<Friend>>;
  "friend:decline": Send<{ requestId: string }, Ack<Done>>;
  "friend:cancel": Send<{ requestId: string }, Ack<Done>>;
  "friend:list": SendBare<{ query?: string; cursor?: string; limit?: number }, ListAck<Friend>>;
  "friend:requests": SendBare<Done, Ack<{ incoming: FriendRequest[]; outgoing: FriendRequest[] }>>;
  "friend:remove": Send<{ userId: string }, Ack<Done>>;
  "user:block": Send<{ userId: string }, Ack<Done>>;
  "user:unblock": Send<{ userId: string }, Ack<Done>>;
  "user:blocked": SendBare<{ cursor?: string; limit?: number }, ListAck<User>>;
  "two_factor:setup": SendBare<{ password?: string }, Ack<TwoFactorSetup>>;
  "two_factor:enable": Send<{ code: string }, Ack<{ recoveryCodes: string[] }>>;
  "two_factor:disable": Send<{ password?: string; code: string }, Ack<Done>>;
  "user:change_password": Send<{ currentPassword?: string; newPassword: string }, Ack<Done>>;
  "user:delete_account": SendBare<{ password?: string }, Ack<Done>>;
  "user:export_data": SendBare<Done, Ack<{ url: string; expiresAt: string }>>;
  "user:identities": SendBare<Done, ListAck<Identity>>;
  "user:unlink": Send<{ provider: string }, Ack<Done>>;
  "user:update_profile": SendBare<
    { username?: string; displayName?: string; bio?: string | null; avatarUrl?: string | null },
    Ack<OwnUser>
  >;
}

export interface UpcomingNews {
  "playlist:updated": (data: Playlist) => void;
  "playlist:deleted": (data: { playlistId: string }) => void;
  "upload:finished": (data: { uploadId: string; track: Track }) => void;
  "upload:failed": (data: { uploadId: string; code: string; error: string }) => void;
  "friend:request_received": (data: { request: FriendRequest }) => void;
  "friend:request_accepted": (data: { requestId: string; friend: Friend }) => void;
  "friend:request_declined": (data: { requestId: string; userId: string }) => void;
  "friend:request_cancelled": (data: { requestId: string; userId: string }) => void;
  "friend:removed": (data: { userId: string }) => void;
  "friend:presence": (data: {
    userId: string;
    status: User["status"];
    listening: Listening | null;
  }) => void;
}
