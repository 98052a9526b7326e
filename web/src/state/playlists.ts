/** The playlists that one has, and those that others show. */

import type { Calls } from "../api/calls";
import { newNonce } from "../api/nonce";
import type { PayloadOf, Playlist } from "../api/types";
import { Listing } from "./listing";

export interface PlaylistFilter {
  readonly sort: "name" | "newest" | "updated";
}

export type NewPlaylist = Omit<PayloadOf<"playlist:create">, "nonce">;
export type PlaylistChanges = Omit<PayloadOf<"playlist:update">, "playlistId">;

export class Playlists {
  readonly mine: Listing<Playlist, PlaylistFilter>;
  /** One's own and everybody's public ones. */
  readonly all: Listing<Playlist, PlaylistFilter>;

  constructor(
    private readonly calls: Calls,
    private readonly ownId: () => string | undefined,
  ) {
    this.all = new Listing((asked) => calls.list("playlist:list", { sort: "updated", ...asked }));
    this.mine = new Listing((asked) => {
      const id = ownId();
      return calls.list("playlist:list", { sort: "updated", ...asked, ...(id ? { ownerId: id } : {}) });
    });
  }

  async create(made: NewPlaylist): Promise<Playlist> {
    const playlist = await this.calls.call("playlist:create", { ...made, nonce: newNonce() });
    this.changed(playlist);
    return playlist;
  }

  async update(playlistId: string, changes: PlaylistChanges): Promise<Playlist> {
    const playlist = await this.calls.call("playlist:update", { playlistId, ...changes });
    this.changed(playlist);
    return playlist;
  }

  async delete(playlistId: string): Promise<void> {
    await this.calls.call("playlist:delete", { playlistId });
    this.deleted(playlistId);
  }

  /** Put a track at the end of a playlist. */
  async add(playlistId: string, trackId: string): Promise<void> {
    const asked = { playlistId, trackId, nonce: newNonce() };
    const { entryId: _, ...playlist } = await this.calls.call("playlist:add_track", asked);
    this.changed(playlist);
  }

  /** Show a playlist as it is now; a new one of one's own comes first. */
  changed(playlist: Playlist): void {
    for (const list of [this.mine, this.all]) {
      const isShown = list.items.peek().some(({ id }) => id === playlist.id);
      const isMine = playlist.owner?.id === this.ownId();
      if (isShown) list.replace(playlist);
      else if (isMine && list.isKnown.peek() && list.query.peek() === "") list.prepend(playlist);
    }
  }

  deleted(playlistId: string): void {
    this.mine.remove(playlistId);
    this.all.remove(playlistId);
  }

  forget(): void {
    this.mine.forget();
    this.all.forget();
  }
}
