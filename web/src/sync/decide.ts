/** What to do about a drift. Pure: numbers in, a decision out. */

/** When to act, and how strongly. */
export interface Limits {
  /** Begin to correct beyond this, ms. */
  readonly enterMs: number;
  /** Once correcting, stop within this, ms. */
  readonly exitMs: number;
  /** Beyond this a correction by rate would take too long: jump, ms. */
  readonly jumpMs: number;
  /** Greatest change of the rate, as a part of it: 0.005 is a twelfth of a semitone. */
  readonly maxNudge: number;
  /** A drift is to be gone after about this time, ms. */
  readonly horizonMs: number;
}

/** For decoded buffers, whose position is known to the sample. */
export const BUFFER_LIMITS: Limits = {
  enterMs: 6,
  exitMs: 1.5,
  jumpMs: 200,
  maxNudge: 0.005,
  horizonMs: 4000,
};

/** For media elements, whose position is read with some 10 ms of noise. */
export const MEDIA_LIMITS: Limits = { ...BUFFER_LIMITS, enterMs: 20, exitMs: 6 };

export interface Measurement {
  /** Audible position minus where it should be, ms: positive is ahead. */
  readonly driftMs: number;
  /** Whether the last decision was a nudge. */
  readonly correcting: boolean;
  /** The rate that the room plays at. */
  readonly roomRate: number;
  readonly limits: Limits;
}

export interface Correction {
  readonly action: "none" | "nudge" | "jump";
  /** The rate to play at from now on. */
  readonly rate: number;
}

/**
 * Nothing, a little faster or slower, or a jump.
 *
 * The nudge is proportional to the drift and bounded. Between `exitMs` and `enterMs` it goes on
 * when it has begun and does not begin, so that the player settles instead of hunting.
 */
export function decide({ driftMs, correcting, roomRate, limits }: Measurement): Correction {
  const distance = Math.abs(driftMs);
  if (distance > limits.jumpMs) return { action: "jump", rate: roomRate };
  if (distance <= (correcting ? limits.exitMs : limits.enterMs)) {
    return { action: "none", rate: roomRate };
  }
  const wanted = driftMs / limits.horizonMs;
  const nudge = Math.max(-limits.maxNudge, Math.min(limits.maxNudge, wanted));
  return { action: "nudge", rate: roomRate * (1 - nudge) };
}
