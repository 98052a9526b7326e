/** Plays what a room plays, where and when the room plays it. */

import { decide } from "./decide";
import type { PlayerOptions } from "./host";
import { Loading } from "./loading";
import { median } from "./rounds";
import { isSameLine, planStart, positionAt } from "./schedule";
import { Stage, suitsBuffer } from "./stage";
import type { Playback, PlaybackAdvice, PlayerState, TrackSource } from "./types";
import type { Voice } from "./voice";

const TICK_MS = 500;
const REPORT_EVERY_TICKS = 8;
/** Sound is scheduled at least so far ahead, s. */
const LEAD_S = 0.04;
/** After a start the measurements of this long say nothing yet, ms. */
const SETTLE_MS = 600;
/** The server's advice to jump is followed at most this often, ms. */
const ADVICE_EVERY_MS = 5_000;

export class SyncPlayer {
  private readonly stage: Stage;
  private readonly loading: Loading<Voice>;
  private readonly forgetClock: () => void;
  private playback: Playback | null = null;
  private loadingOf: string | null = null;
  private voice: { readonly of: string; readonly voice: Voice } | null = null;
  private timer: unknown = null;
  private ticks = 0;
  private started = false;
  private correcting = false;
  private broken = false;
  private settledAt = 0;
  private advisedAt = -Infinity;
  private drifts: number[] = [];

  constructor(private readonly options: PlayerOptions) {
    const { host, clock } = options;
    this.stage = new Stage(host, () => this.outputChanged(), (error) => this.fail(error));
    this.loading = new Loading(host.timers, (error) => this.fail(error));
    this.forgetClock = clock.onChange(() => this.startIfDue());
  }

  /** Follow `playback`. A version older than the one it follows is ignored, in the same room. */
  apply(playback: Playback): void {
    const before = this.playback;
    const known = before?.roomId === playback.roomId ? before.version : -1;
    if (playback.version <= known) return;
    this.playback = playback;
    if (before === null || !isSameLine(before, playback)) this.started = false;
    if (playback.status !== "playing") this.hush();
    this.prepare(playback);
    this.changed();
  }

  /** Forget the room and be silent. */
  leave(): void {
    this.playback = null;
    this.dropVoice();
    this.changed();
  }

  /** Let sound out, from a click. Rejects where the browser still refuses. */
  async unlock(): Promise<void> {
    await this.stage.unlock();
    this.startIfDue();
  }

  /** Have the next track of the queue loaded before its turn. */
  preload(track: TrackSource): void {
    this.stage.preload(track);
  }

  /** The answer to a report. The player measures the same itself, so this only makes it act sooner. */
  advise({ action }: PlaybackAdvice): void {
    const now = this.options.host.now();
    if (action === "nudge") this.correcting = true;
    if (action !== "seek" || now - this.advisedAt < ADVICE_EVERY_MS) return;
    this.advisedAt = now;
    this.restart();
  }

  /** End all timers and give the audio device back. */
  async close(): Promise<void> {
    this.leave();
    this.forgetClock();
    await this.stage.close();
  }

  get state(): PlayerState {
    const status = this.playback?.track ? this.playback.status : "stopped";
    if (status === "stopped") return "idle";
    if (this.voice === null) return this.broken ? "failed" : "loading";
    if (status === "paused") return "paused";
    if (!this.stage.running) return "locked";
    return status === "waiting" ? "ready" : "playing";
  }

  /** How far the sound is ahead of the room, ms; null while nothing is measured. */
  get drift(): number | null {
    return this.drifts.length === 0 ? null : median(this.drifts);
  }

  /** 0 to 1. */
  get volume(): number {
    return this.stage.volume;
  }

  set volume(level: number) {
    this.stage.volume = level;
  }

  /** Where the sound in the air is at a server time in ms (now), s; null while there is none. */
  audiblePosition(serverMs: number = this.options.clock.serverNow()): number | null {
    if (this.voice === null || !this.started || !this.stage.running) return null;
    const local = this.options.clock.toLocal(serverMs);
    return this.voice.voice.positionAt(this.stage.output.contextTimeAt(local));
  }

  private prepare(playback: Playback): void {
    const { track, version, rate } = playback;
    if (track === null || playback.status === "stopped") return this.dropVoice();
    const of = `${track.id} ${suitsBuffer(track, rate)}`;
    if (this.voice?.of === of) return this.loaded(version);
    if (this.loadingOf === of) return;
    this.dropVoice();
    this.loadingOf = of;
    this.loading.begin(
      (signal) => this.stage.voice(track, rate, signal),
      (voice) => {
        this.voice = { of, voice };
        this.loadingOf = null;
        this.broken = false;
        this.loaded(this.playback?.version ?? version);
      },
    );
  }

  private loaded(version: number): void {
    if (this.playback?.status === "waiting") this.options.onReady(version);
    this.startIfDue();
    this.changed();
  }

  private startIfDue(): void {
    if (this.started || this.playback?.status !== "playing" || this.voice === null) return;
    if (!this.options.clock.synced) return;
    if (this.stage.running) this.restart();
    else this.stage.unlock().catch(() => undefined);
  }

  /** Schedule the sound anew, at the anchor or where the room is by now. */
  private restart(): void {
    const { playback, voice } = this;
    if (playback?.status !== "playing" || voice === null || !this.stage.running) return;
    const { context, output } = this.stage;
    output.observe();
    const anchor = output.contextTimeAt(this.options.clock.toLocal(playback.anchorAt ?? 0));
    const start = planStart(playback, anchor, context.currentTime + LEAD_S);
    this.started = true;
    this.correcting = false;
    this.drifts = [];
    if (start === null) return voice.voice.stop();
    voice.voice.start(start.when, start.offset, playback.rate);
    this.settledAt = this.options.host.now() + (start.when - context.currentTime) * 1000 + SETTLE_MS;
    this.schedule();
  }

  private schedule(): void {
    this.options.host.timers.clear(this.timer);
    this.timer = this.options.host.timers.set(() => this.tick(), TICK_MS);
  }

  private tick(): void {
    if (!this.started || this.playback?.status !== "playing") return;
    if (this.voice?.voice.lost) this.dropVoice();
    if (this.voice === null) return this.prepare(this.playback);
    this.schedule();
    if (!this.stage.running) return;
    this.stage.output.observe();
    this.ticks += 1;
    if (this.options.host.now() >= this.settledAt) this.measure(this.playback);
  }

  private measure(playback: Playback): void {
    const at = this.options.clock.serverNow();
    const position = this.audiblePosition(at);
    const target = positionAt(playback, at);
    if (position === null || target >= (playback.track?.duration ?? 0)) return;
    this.drifts = [...this.drifts, (position - target) * 1000].slice(-3);
    this.correct(playback);
    if (this.ticks % REPORT_EVERY_TICKS === 0) this.report(playback, position, at);
    this.changed();
  }

  private correct(playback: Playback): void {
    const voice = this.voice?.voice;
    if (voice === undefined || voice.buffering) return;
    const { limits } = voice;
    const measured = { driftMs: this.drift ?? 0, correcting: this.correcting, limits };
    const { action, rate } = decide({ ...measured, roomRate: playback.rate });
    this.correcting = action === "nudge";
    if (action === "jump") this.restart();
    else voice.setRate(rate);
  }

  private report(playback: Playback, position: number, at: number): void {
    const { roundTrip, jitter } = this.options.clock;
    this.options.onReport({
      version: playback.version,
      position,
      at,
      rtt: roundTrip,
      jitter,
      outputLatency: this.stage.output.latencyMs,
      buffering: this.voice?.voice.buffering ?? true,
    });
  }

  private outputChanged(): void {
    this.started = false;
    this.startIfDue();
    this.changed();
  }

  private hush(): void {
    this.options.host.timers.clear(this.timer);
    this.voice?.voice.stop();
    this.started = false;
    this.drifts = [];
  }

  private dropVoice(): void {
    this.loading.cancel();
    this.hush();
    this.voice?.voice.release();
    this.voice = this.loadingOf = null;
    this.broken = false;
  }

  private fail(error: unknown): void {
    this.broken = true;
    this.options.onError?.(error);
    this.changed();
  }

  private changed(): void {
    this.options.onChange?.();
  }
}
