/** The tracks that one likes. */

import { signal } from "@preact/signals";
import type { Calls } from "../api/calls";
import type { Favourite, Track } from "../api/types";
import { Listing } from "./listing";

const PAGE = 100;
/** The hearts of so many are known at once; an older favourite shows when it is looked at in the list. */
const MOST_PAGES = 10;

export interface FavouriteFilter {
  readonly sort: "newest" | "name" | "artist" | "duration";
}

export class Favourites {
  readonly tracks: Listing<Favourite, FavouriteFilter>;
  /** The ids of the tracks that are favourites. */
  readonly ids = signal<ReadonlySet<string>>(new Set());
  private reading = 0;
  private changes = 0;

  constructor(private readonly calls: Calls) {
    this.tracks = new Listing(async (asked) => {
      const page = await calls.list("favorite:list", asked);
      this.ids.value = new Set([...this.ids.peek(), ...page.data.map(({ id }) => id)]);
      return page;
    });
  }

  /** Learn which tracks are favourites, after every connect. */
  async load(): Promise<void> {
    const number = (this.reading += 1);
    const { changes } = this;
    const ids = new Set<string>();
    let cursor: string | null | undefined;
    for (let page = 0; page < MOST_PAGES && cursor !== null; page += 1) {
      const asked = cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor };
      const { data, meta } = await this.calls.list("favorite:list", asked);
      for (const { id } of data) ids.add(id);
      cursor = meta.nextCursor ?? null;
    }
    if (number !== this.reading) return;
    // What was clicked meanwhile is newer than what was read.
    if (changes === this.changes) this.ids.value = ids;
    else await this.load();
  }

  /** Make a track a favourite, or none; shown at once, and taken back where it fails. */
  async toggle(track: Track): Promise<void> {
    const wasOne = this.ids.peek().has(track.id);
    this.mark(track.id, !wasOne);
    try {
      await this.calls.call(wasOne ? "favorite:remove" : "favorite:add", { trackId: track.id });
    } catch (error) {
      this.mark(track.id, wasOne);
      throw error;
    }
    if (wasOne) this.tracks.remove(track.id);
    else if (this.tracks.isKnown.peek()) this.tracks.prepend({ ...track, favoritedAt: "" });
  }

  replace(track: Track): void {
    const known = this.tracks.items.peek().find(({ id }) => id === track.id);
    if (known !== undefined) this.tracks.replace({ ...known, ...track });
  }

  remove(trackId: string): void {
    this.mark(trackId, false);
    this.tracks.remove(trackId);
  }

  forget(): void {
    this.reading += 1;
    this.ids.value = new Set();
    this.tracks.forget();
  }

  private mark(id: string, isOne: boolean): void {
    this.changes += 1;
    const ids = new Set(this.ids.peek());
    if (isOne) ids.add(id);
    else ids.delete(id);
    this.ids.value = ids;
  }
}
