/** Trying again where a failure passes by itself. */

import { Failure } from "./failure";

/** Nobody waits longer than this for a rate limit without being told, s. */
const LONGEST_WAIT_S = 5;
const MOST_TRIES = 3;
const FIRST_PAUSE_MS = 500;

export type Wait = (ms: number) => Promise<void>;

export const wait: Wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The result of `attempt`, which is made again while the server is `unavailable` or says to wait shortly. */
export async function patiently<Result>(
  attempt: () => Promise<Result>,
  pause: Wait = wait,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      const pauseMs = pauseAfter(error, tries);
      if (pauseMs === null) throw error;
      await pause(pauseMs);
    }
  }
}

function pauseAfter(error: unknown, tries: number): number | null {
  if (!(error instanceof Failure) || tries >= MOST_TRIES) return null;
  if (error.code === "unavailable") return FIRST_PAUSE_MS * 2 ** tries;
  const { retryAfterS } = error;
  if (error.code !== "rate_limited" || retryAfterS === null || retryAfterS > LONGEST_WAIT_S) return null;
  return retryAfterS * 1000;
}
