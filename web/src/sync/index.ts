/**
 * Hearing one track at one moment: a clock that agrees with the server's, and a player that starts
 * and stays where a room's Playback says. No framework, no Socket.IO: the app passes `probe` in and
 * carries the callbacks out.
 *
 * ```ts
 * const probe = (clientTime) => call("clock:sync", { clientTime });
 * const clock = new ServerClock({ probe, ...browserTime });
 * const player = new SyncPlayer({
 *   clock,
 *   host: browserHost(),
 *   onReady: (version) => call("playback:ready", { roomId, version }),
 *   onReport: async (report) => player.advise(await call("playback:report", { roomId, ...report })),
 *   onChange: () => redraw(player.state, player.drift),
 * });
 * socket.on("connected", () => clock.start());          // starting again is no error: it bursts anew
 * socket.on("playback:state", (playback) => player.apply(playback));
 * button.onclick = () => player.unlock();               // from a click: the autoplay rule
 * ```
 */

export { ServerClock } from "./clock";
export type { ClockOptions } from "./clock";
export { OffsetDriftFilter } from "./filter";
export { SyncPlayer } from "./player";
export { positionAt } from "./schedule";
export { decide } from "./decide";
export type { Correction, Measurement } from "./decide";
export { browserHost, browserTime } from "./browser";
export type { AudioHost, PlayerOptions } from "./host";
export type {
  Clock,
  Playback,
  PlaybackAdvice,
  PlaybackReport,
  PlayerState,
  Probe,
  ProbeReply,
  Timers,
  TrackSource,
} from "./types";
