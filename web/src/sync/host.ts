/** What the player needs of the machine it runs on (`browserHost()` gives a browser's) and of the app. */

import type { Clock, PlaybackReport, Timers } from "./types";

export interface AudioHost {
  /** Local monotonic time, ms, on the axis of `AudioContext.getOutputTimestamp().performanceTime`. */
  readonly now: () => number;
  readonly timers: Timers;
  createContext(): AudioContext;
  /** A media element that has no source yet. */
  createElement(): HTMLAudioElement;
  /** The bytes at a URL; rejects for any answer but a good one. */
  fetchBytes(url: string, signal: AbortSignal): Promise<ArrayBuffer>;
}

export interface PlayerOptions {
  readonly clock: Clock;
  readonly host: AudioHost;
  /** The track of a `waiting` playback is loaded: send `playback:ready`. */
  readonly onReady: (version: number) => void;
  /** Every few seconds while playing: send `playback:report`, and give the answer to `advise`. */
  readonly onReport: (report: PlaybackReport) => void;
  /** `state` or `drift` changed. */
  readonly onChange?: () => void;
  /** A track could not be loaded or broke off; it is tried again while the room wants it. */
  readonly onError?: (error: unknown) => void;
}
