/** Where a track is, and when to start it. Pure. */

import type { Playback } from "./types";

/**
 * The position in seconds at a server time in ms, held between 0 and the track's duration. Before
 * `anchorAt`, and while nothing plays, it is the position that the Playback names.
 */
export function positionAt(playback: Playback, serverMs: number): number {
  const duration = playback.track?.duration ?? Infinity;
  const passed = Math.max(0, serverMs - (playback.anchorAt ?? serverMs)) / 1000;
  const moved = playback.status === "playing" ? playback.rate * passed : 0;
  return Math.min(duration, Math.max(0, playback.position + moved));
}

/** A start: from `offset` seconds of the track, at `when` seconds of the audio context. */
export interface Start {
  readonly when: number;
  readonly offset: number;
}

/**
 * When and where to start so that what is heard is where the room is; null when the track is over.
 *
 * @param anchorContext the context time that is audible at the playback's `anchorAt`, s
 * @param earliest the first context time that can still be scheduled, s
 */
export function planStart(playback: Playback, anchorContext: number, earliest: number): Start | null {
  const when = Math.max(anchorContext, earliest);
  const offset = playback.position + playback.rate * (when - anchorContext);
  return offset < (playback.track?.duration ?? 0) ? { when, offset: Math.max(0, offset) } : null;
}

/** Whether two playbacks put the same track at the same place at every moment. */
export function isSameLine(one: Playback, other: Playback): boolean {
  if (one.status !== "playing" || other.status !== "playing") return false;
  if (one.track?.id !== other.track?.id || one.rate !== other.rate) return false;
  if (one.queueItemId !== other.queueItemId) return false;
  const later = Math.max(one.anchorAt ?? 0, other.anchorAt ?? 0);
  return Math.abs(positionAt(one, later) - positionAt(other, later)) < 0.0005;
}

interface Stretch extends Start {
  readonly rate: number;
}

/** What has been scheduled, as stretches of constant rate on the context's time axis. */
export class Score {
  private stretches: Stretch[] = [];

  /** From `when` on play from `offset` at `rate`; what was to come after is dropped. */
  begin(when: number, offset: number, rate: number): void {
    this.stretches = this.stretches.filter((one) => one.when < when).slice(-7);
    this.stretches.push({ when, offset, rate });
  }

  /** Go on at another rate from `when`. */
  changeRate(when: number, rate: number): void {
    const offset = this.positionAt(when);
    if (offset !== null) this.begin(when, offset, rate);
  }

  /** The rate at a context time; null before the first start. */
  rateAt(contextTime: number): number | null {
    return this.at(contextTime)?.rate ?? null;
  }

  /** Seconds into the track at a context time; null before the first start. */
  positionAt(contextTime: number): number | null {
    const stretch = this.at(contextTime);
    return stretch ? stretch.offset + (contextTime - stretch.when) * stretch.rate : null;
  }

  private at(contextTime: number): Stretch | undefined {
    return this.stretches.findLast((one) => one.when <= contextTime);
  }
}
