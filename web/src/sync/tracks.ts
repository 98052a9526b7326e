/** Tracks that have been fetched and decoded, or are being. */

import type { AudioHost } from "./host";
import type { TrackSource } from "./types";

/** This many decoded tracks are kept: the one that plays, and the next. */
const KEPT = 2;
/** A longer track is fetched ahead but not decoded ahead: ten minutes of stereo are 230 MB decoded. */
const DECODE_AHEAD_S = 600;

interface Entry {
  readonly id: string;
  readonly abort: AbortController;
  readonly bytes: Promise<ArrayBuffer>;
  decoded: Promise<AudioBuffer> | null;
}

export class TrackShelf {
  private entries: Entry[] = [];

  constructor(
    private readonly host: AudioHost,
    private readonly context: () => AudioContext,
  ) {}

  /** The decoded track. A failure is forgotten, so that asking again tries again. */
  load(track: TrackSource): Promise<AudioBuffer> {
    const entry = this.entryOf(track);
    entry.decoded ??= entry.bytes.then((bytes) => this.context().decodeAudioData(bytes));
    entry.decoded.catch(() => this.drop(entry));
    return entry.decoded;
  }

  /** Have `track` ready before it is wanted; failures wait for `load`. */
  preload(track: TrackSource): void {
    if (track.duration <= DECODE_AHEAD_S) this.load(track).catch(() => undefined);
    else this.entryOf(track);
  }

  private entryOf(track: TrackSource): Entry {
    const known = this.entries.find((one) => one.id === track.id);
    const entry = known ?? this.fetch(track);
    this.entries = [...this.entries.filter((one) => one !== entry), entry];
    for (const old of this.entries.slice(0, -KEPT)) this.drop(old);
    return entry;
  }

  private fetch(track: TrackSource): Entry {
    const abort = new AbortController();
    const bytes = this.host.fetchBytes(track.url, abort.signal);
    const entry: Entry = { id: track.id, abort, bytes, decoded: null };
    bytes.catch(() => this.drop(entry));
    return entry;
  }

  private drop(entry: Entry): void {
    this.entries = this.entries.filter((one) => one !== entry);
    entry.abort.abort();
  }
}
