/** The browser's own time, timers and audio. */

import type { AudioHost } from "./host";
import type { Timers } from "./types";

const timers: Timers = {
  set: (callback, delayMs) => setTimeout(callback, delayMs),
  clear: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};

/** `now`, `timers` and `originMs` for a `ServerClock`. */
export const browserTime = {
  now: (): number => performance.now(),
  timers,
  get originMs(): number {
    return performance.timeOrigin;
  },
};

/** The host for a `SyncPlayer` in a page. */
export function browserHost(): AudioHost {
  return {
    now: browserTime.now,
    timers,
    createContext: () => new AudioContext({ latencyHint: "interactive" }),
    createElement: () => new Audio(),
    fetchBytes,
  };
}

async function fetchBytes(url: string, signal: AbortSignal): Promise<ArrayBuffer> {
  const answer = await fetch(url, { signal });
  if (!answer.ok) throw new Error(`The track could not be loaded (${answer.status}).`);
  return answer.arrayBuffer();
}
