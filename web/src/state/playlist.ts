/** The playlist that is open: its tracks in their order. */

import { computed, signal } from "@preact/signals";
import type { Calls } from "../api/calls";
import { Failure, sentenceOf } from "../api/failure";
import type { OwnUser, Playlist, PlaylistItem, Track } from "../api/types";
import type { Page } from "./listing";

const PAGE = 100;

export class OpenPlaylist {
  readonly playlist = signal<Playlist | null>(null);
  readonly entries = signal<readonly PlaylistItem[]>([]);
  readonly cursor = signal<string | null>(null);
  /** Why the playlist cannot be shown. */
  readonly problem = signal<string | null>(null);
  /** Whether one may change it: one's own, or a public one for moderators. */
  readonly isEditable = computed(() => {
    const [user, shown] = [this.me(), this.playlist.value];
    if (user === null || shown === null) return false;
    return shown.owner?.id === user.id || (shown.isPublic && user.role !== "user");
  });
  private id: string | null = null;
  private reading = 0;
  private changing = 0;

  /** `me` is the own user, read as a signal. */
  constructor(
    private readonly calls: Calls,
    private readonly me: () => OwnUser | null,
  ) {}

  /** Show a playlist, or the same one as it is now. */
  async open(id: string): Promise<void> {
    if (id !== this.id) this.close();
    this.id = id;
    await this.read();
  }

  close(): void {
    this.id = null;
    this.reading += 1;
    this.playlist.value = this.problem.value = this.cursor.value = null;
    this.entries.value = [];
  }

  /** Read the next page. */
  async more(): Promise<void> {
    const [cursor, number, playlistId] = [this.cursor.peek(), this.reading, this.id];
    if (cursor === null || playlistId === null) return;
    const { data, meta } = await this.page(playlistId, cursor);
    if (number !== this.reading || cursor !== this.cursor.peek()) return;
    this.entries.value = [...this.entries.peek(), ...data];
    this.cursor.value = meta.nextCursor ?? null;
  }

  /** Put an entry at a place counted from 0; seen at once. */
  async move({ id: trackId, entryId }: PlaylistItem, position: number): Promise<void> {
    const entries = this.entries.peek();
    const from = entries.findIndex((entry) => entry.entryId === entryId);
    const entry = entries[from];
    if (entry === undefined || from === position || position < 0 || position >= entries.length) return;
    this.entries.value = entries.toSpliced(from, 1).toSpliced(position, 0, entry);
    await this.change((playlistId) =>
      this.calls.call("playlist:move_track", { playlistId, trackId, entryId, position }),
    );
  }

  /** Take an entry out; gone at once. */
  async drop({ id: trackId, entryId }: PlaylistItem): Promise<void> {
    this.entries.value = this.entries.peek().filter((entry) => entry.entryId !== entryId);
    await this.change((playlistId) =>
      this.calls.call("playlist:remove_track", { playlistId, trackId, entryId }),
    );
  }

  /** The server says how the playlist is now; its tracks are read again where that is news. */
  changed(playlist: Playlist): void {
    if (playlist.id !== this.id) return;
    const isNews = playlist.updatedAt !== this.playlist.peek()?.updatedAt;
    this.playlist.value = playlist;
    if (isNews && this.changing === 0) void this.read();
  }

  deleted(playlistId: string): void {
    if (playlistId !== this.id) return;
    this.close();
    this.problem.value = "This playlist has been deleted.";
  }

  replace(track: Track): void {
    this.entries.value = this.entries
      .peek()
      .map((entry) => (entry.id === track.id ? { ...entry, ...track } : entry));
  }

  remove(trackId: string): void {
    this.entries.value = this.entries.peek().filter((entry) => entry.id !== trackId);
  }

  /** Do one of several changes; when the last is done, or failed, show what is true. */
  private async change(work: (playlistId: string) => Promise<Playlist>): Promise<void> {
    if (this.id === null) return;
    const { id } = this;
    this.changing += 1;
    try {
      const playlist = await work(id);
      if (id === this.id) this.playlist.value = playlist;
    } finally {
      this.changing -= 1;
      if (this.changing === 0 && id === this.id) void this.read();
    }
  }

  /** Read as many entries as are shown; of several readings the last one counts. */
  private async read(): Promise<void> {
    const { id } = this;
    if (id === null) return;
    const number = (this.reading += 1);
    try {
      const { tracks, ...playlist } = await this.calls.call("playlist:get", { playlistId: id });
      const { entries, cursor } = await this.rest(playlist, tracks);
      if (number !== this.reading || this.changing > 0) return;
      this.playlist.value = playlist;
      this.entries.value = entries;
      this.cursor.value = cursor;
      this.problem.value = null;
    } catch (error) {
      if (number === this.reading) this.failed(error);
    }
  }

  /** The entries, as far as they were shown before: what came with the playlist ends without a cursor. */
  private async rest({ id: playlistId, trackCount }: Playlist, first: PlaylistItem[]) {
    if (first.length >= trackCount) return { entries: first, cursor: null };
    const entries: PlaylistItem[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<PlaylistItem> = await this.page(playlistId, cursor);
      entries.push(...page.data);
      cursor = page.meta.nextCursor ?? null;
    } while (cursor !== null && entries.length < this.entries.peek().length);
    return { entries, cursor };
  }

  private page(playlistId: string, cursor: string | null): Promise<Page<PlaylistItem>> {
    const asked = { playlistId, limit: PAGE, ...(cursor === null ? {} : { cursor }) };
    return this.calls.list("playlist:tracks", asked);
  }

  private failed(error: unknown): void {
    // Without an answer the next connect reads again; what is shown stays.
    const isOver = !(error instanceof Failure && error.isUnanswered);
    if (!isOver && this.playlist.peek() !== null) return;
    if (isOver) this.playlist.value = null;
    this.problem.value = sentenceOf(error);
  }
}
