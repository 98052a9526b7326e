/**
 * What the clock and the player take in and give out. Positions and durations are seconds; clock
 * times are milliseconds, since the epoch on the server's clock or on a monotonic local one, as said.
 */

/** The acknowledgement's `data` of `clock:sync`. */
export interface ProbeReply {
  readonly clientTime: number;
  /** Server time at which the probe came in, ms. */
  readonly receivedAt: number;
  /** Server time at which the answer went out, ms. */
  readonly sentAt: number;
  /** Names one run of the server's clock: with another one every older offset is void. */
  readonly clockEpoch: string | number;
}

/** Sends `clock:sync` and resolves with its `data`; rejects when the exchange failed. */
export type Probe = (clientTime: number) => Promise<ProbeReply>;

/** Timers of the host. `window.setTimeout` and `clearTimeout` in a browser. */
export interface Timers {
  set(callback: () => void, delayMs: number): unknown;
  clear(handle: unknown): void;
}

/** The part of a protocol Track that the player needs. */
export interface TrackSource {
  readonly id: string;
  readonly url: string;
  /** Seconds. */
  readonly duration: number;
}

/** A protocol Playback. Keys that the player does not need may be there too. */
export interface Playback {
  readonly roomId: string;
  readonly version: number;
  readonly status: "stopped" | "waiting" | "playing" | "paused";
  readonly track: TrackSource | null;
  readonly queueItemId: string | null;
  /** Seconds into the track at `anchorAt`. */
  readonly position: number;
  /** Server time, ms; may lie in the future: start exactly then. Null where nothing plays. */
  readonly anchorAt: number | null;
  /** Speed that the room plays at, 0.5 to 2. */
  readonly rate: number;
  readonly waitingFor?: readonly string[];
}

/** What the app sends as `playback:report` (with the `roomId` beside it). Times in ms. */
export interface PlaybackReport {
  readonly version: number;
  /** Seconds: what was audible at `at`. */
  readonly position: number;
  /** Server time of the measurement. */
  readonly at: number;
  readonly rtt: number;
  readonly jitter: number;
  readonly outputLatency: number;
  readonly buffering: boolean;
}

/** The acknowledgement's `data` of `playback:report`. */
export interface PlaybackAdvice {
  readonly drift: number;
  readonly action: "none" | "nudge" | "seek";
  readonly rate: number;
  readonly position: number;
}

/** What the player wants of a clock; `ServerClock` is one. */
export interface Clock {
  /** Server time, ms since the epoch. */
  serverNow(): number;
  /** The server time at a local monotonic time, both ms. */
  toServer(localMs: number): number;
  /** The local monotonic time at a server time, both ms. */
  toLocal(serverMs: number): number;
  readonly synced: boolean;
  readonly roundTrip: number;
  readonly jitter: number;
  /** Told after every new estimate. Returns how to stop listening. */
  onChange(listener: () => void): () => void;
}

/** What the player is doing. `locked`: the browser wants a click first, see `unlock()`. */
export type PlayerState = "idle" | "loading" | "ready" | "playing" | "paused" | "locked" | "failed";
