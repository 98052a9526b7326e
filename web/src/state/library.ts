/** All recordings, searched and filtered, and what their owners may do with them. */

import type { Calls } from "../api/calls";
import { Failure } from "../api/failure";
import { newNonce } from "../api/nonce";
import type { Artist, OwnUser, PayloadOf, Track } from "../api/types";
import { Listing } from "./listing";

export interface TrackFilter {
  readonly genre: string;
  readonly artistId: string;
  readonly uploadedBy: string;
  readonly sort: "name" | "newest" | "artist" | "duration";
}

/** Whatever shows tracks and so has to follow their changes. */
export interface Shelf {
  replace(track: Track): void;
  remove(trackId: string): void;
}

/** What one may change of a track; the artist by name, and "" for none. */
export interface TrackChanges {
  readonly name: string;
  readonly genre: string;
  readonly artist: string;
}

export class Library {
  readonly tracks: Listing<Track, TrackFilter>;
  /** Artists by name, to choose from. */
  readonly artists: Listing<Artist>;

  /** `shelves` are told of changes beside the library's own list. */
  constructor(
    private readonly calls: Calls,
    private readonly shelves: () => readonly Shelf[],
  ) {
    this.tracks = new Listing((asked) => calls.list("track:list", { sort: "newest", ...asked }));
    this.artists = new Listing((asked) => calls.list("artist:list", { sort: "name", ...asked }));
  }

  /** Change a track; what stays as it is is not sent. */
  async update(track: Track, changes: TrackChanges): Promise<void> {
    const payload: PayloadOf<"track:update"> = { trackId: track.id };
    if (changes.name !== track.name) payload.name = changes.name;
    if (changes.genre !== (track.genre ?? "")) payload.genre = changes.genre || null;
    if (changes.artist !== (track.artist?.name ?? "")) payload.artistId = await this.artistId(changes.artist);
    if (Object.keys(payload).length === 1) return;
    this.changed(await this.calls.call("track:update", payload));
  }

  async delete(trackId: string): Promise<void> {
    await this.calls.call("track:delete", { trackId });
    for (const shelf of this.all()) shelf.remove(trackId);
  }

  /** Show the track everywhere as it is now. */
  changed(track: Track): void {
    for (const shelf of this.all()) shelf.replace(track);
  }

  /** The id of the artist of that name, who is made where there is none; null for no name. */
  private async artistId(name: string): Promise<string | null> {
    if (name === "") return null;
    const known = await this.artistNamed(name);
    if (known !== undefined) return known.id;
    try {
      return (await this.calls.call("artist:create", { name, nonce: newNonce() })).id;
    } catch (error) {
      // Somebody else has just made the same.
      const made = isConflict(error) ? await this.artistNamed(name) : undefined;
      if (made === undefined) throw error;
      return made.id;
    }
  }

  private async artistNamed(name: string): Promise<Artist | undefined> {
    const found = await this.calls.call("artist:list", { query: name, sort: "name", limit: 100 });
    return found.find((artist) => artist.name.toLowerCase() === name.toLowerCase());
  }

  private all(): readonly Shelf[] {
    return [this.tracks, ...this.shelves()];
  }
}

/** Whether `user` may change a track: who has uploaded it, and moderators. */
export function mayEdit(user: OwnUser | null, track: Track): boolean {
  if (user === null) return false;
  return user.role !== "user" || track.uploadedBy === user.id;
}

function isConflict(error: unknown): boolean {
  return error instanceof Failure && error.code === "conflict";
}
