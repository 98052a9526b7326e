/** The server's clock, as well as this machine can know it. */

import { OffsetDriftFilter } from "./filter";
import { type Exchange, measureRound, type Round, roundTripOf, RoundNoise } from "./rounds";
import { SmoothedTrips } from "./trips";
import type { Clock, Probe, ProbeReply, Timers } from "./types";
import { WakingTimers } from "./waking";

export interface ClockOptions {
  readonly probe: Probe;
  /** Local monotonic time, ms (`performance.now`). */
  readonly now: () => number;
  readonly timers: Timers;
  /** What to add to local time before the server has answered once, ms (`performance.timeOrigin`). */
  readonly originMs?: number;
}

const BURST = { probes: 24, spacingMs: 80 };
const ROUND = { probes: 6, spacingMs: 400 };
const ROUND_EVERY_MS = 10_000;
const PROBE_TIMEOUT_MS = 2_000;
/** So many answers of a burst make a usable clock. */
const ENOUGH = 8;
/** A burst contradicts what was known when it does so by more than drift and coarse timers can, ms. */
const MARGIN_MS = 1;
/** So many rounds in a row that disagree this much (standard deviations) mean that a clock jumped. */
const STRANGE = { rounds: 3, sigmas: 5 };

/** Requests and answers may differ for ever by a part of the trip that no exchange can see. */
const UNEVEN_PATH = 0.01;

/** Probes in flight together: a burst, or a later round. */
interface Volley {
  readonly burst: boolean;
  readonly exchanges: Exchange[];
  pending: number;
}

/**
 * A burst of 24 probes, then 6 every 10 s into an offset-and-drift filter.
 *
 * A probe that fails or takes over 2 s is skipped. Another `clockEpoch`, a sleep of over 30 s, or
 * rounds that no drift explains start a new burst. Until a first burst has enough answers `synced`
 * is false and the estimate provisional.
 */
export class ServerClock implements Clock {
  private readonly filter = new OffsetDriftFilter();
  private readonly noise = new RoundNoise();
  private readonly listeners = new Set<() => void>();
  private readonly timers: WakingTimers;
  private volley: Volley | null = null;
  private epochSeen: ProbeReply["clockEpoch"] | null = null;
  private answered = false;
  private usable = false;
  /** Whether what the filter knows still holds, so that a burst refines it instead of replacing it. */
  private trusted = false;
  private strange = 0;
  private readonly trips = new SmoothedTrips();

  constructor(private readonly options: ClockOptions) {
    this.timers = new WakingTimers(options.timers, options.now, () => this.beginAnew());
  }

  /** Begin with a burst. Where the clock ran before (a reconnection), the burst adds to what it knows. */
  start(): void {
    this.timers.restart();
    this.fire(true);
  }

  /** End every timer; answers that are still under way change nothing. The estimate stays. */
  stop(): void {
    this.timers.restart();
    this.volley = null;
  }

  serverNow(): number {
    return this.toServer(this.options.now());
  }

  toServer(localMs: number): number {
    return localMs + this.offsetAt(localMs);
  }

  toLocal(serverMs: number): number {
    const near = serverMs - this.offset;
    return serverMs - this.offsetAt(near);
  }

  /** Server time minus local monotonic time, now, ms. */
  get offset(): number {
    return this.offsetAt(this.options.now());
  }

  /** How much faster the server's clock runs than this one, parts per million. */
  get drift(): number {
    return this.answered ? this.filter.drift : 0;
  }

  /** One standard deviation of `serverNow()`, ms, with an allowance for an uneven path. */
  get uncertainty(): number {
    if (!this.answered) return Infinity;
    const measured = this.filter.uncertaintyAt(this.options.now());
    return Math.hypot(measured, UNEVEN_PATH * this.noise.leastWidth);
  }

  /** The smoothed round trip, ms. */
  get roundTrip(): number {
    return this.trips.roundTrip;
  }

  /** The smoothed difference between round trips one after the other, ms. */
  get jitter(): number {
    return this.trips.jitter;
  }

  get epoch(): ProbeReply["clockEpoch"] | null {
    return this.epochSeen;
  }

  get synced(): boolean {
    return this.usable;
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private offsetAt(localMs: number): number {
    return this.answered ? this.filter.offsetAt(localMs) : (this.options.originMs ?? 0);
  }

  private fire(burst: boolean): void {
    const { probes, spacingMs } = burst ? BURST : ROUND;
    const volley = { burst, exchanges: [], pending: probes };
    this.volley = volley;
    for (let index = 0; index < probes; index += 1) {
      this.timers.after(index * spacingMs, () => this.send(volley));
    }
    this.timers.after(ROUND_EVERY_MS, () => this.fire(!this.answered));
  }

  private send(volley: Volley): void {
    if (this.volley !== volley) return;
    const sent = this.options.now();
    const timeout = this.timers.after(PROBE_TIMEOUT_MS, () => settle(null));
    let open = true;
    const settle = (reply: ProbeReply | null): void => {
      if (!open) return;
      open = false;
      this.timers.cancel(timeout);
      this.settle(volley, sent, reply);
    };
    const asked = new Promise<ProbeReply>((resolve) => resolve(this.options.probe(sent)));
    asked.then(settle, () => settle(null));
  }

  private settle(volley: Volley, sent: number, reply: ProbeReply | null): void {
    if (this.volley !== volley) return;
    volley.pending -= 1;
    if (isComplete(reply) && !this.admit(volley, sent, reply)) return;
    if (volley.burst) this.useBurst(volley);
    else if (volley.pending === 0) this.useRound(volley);
  }

  /** Add an exchange; false when it began a new burst instead. */
  private admit(volley: Volley, sent: number, reply: ProbeReply): boolean {
    const { receivedAt, sentAt, clockEpoch } = reply;
    const epochChanged = this.epochSeen !== null && this.epochSeen !== clockEpoch;
    this.epochSeen = clockEpoch;
    if (epochChanged) {
      this.answered = this.usable = false;
      this.beginAnew();
      return false;
    }
    const exchange = {
      sent,
      serverReceived: receivedAt,
      serverSent: sentAt,
      received: this.options.now(),
    };
    volley.exchanges.push(exchange);
    this.trips.add(roundTripOf(exchange));
    return true;
  }

  private useBurst(volley: Volley): void {
    const count = volley.exchanges.length;
    if (count === 0) return;
    const round = measureRound(volley.exchanges);
    const contradicted = Math.abs(round.offset - this.offsetAt(round.at)) > round.width / 2 + MARGIN_MS;
    if (contradicted) this.trusted = false;
    if (this.trusted) {
      if (volley.pending === 0) this.useRound(volley);
      return;
    }
    this.noise.reset(round);
    const variance = count < ENOUGH ? certainVariance(round) : this.noise.variance(round);
    this.filter.reset(round.at, round.offset, variance);
    this.answered = true;
    this.usable ||= count >= ENOUGH || volley.pending === 0;
    this.trusted = this.usable && volley.pending === 0;
    this.announce();
  }

  private useRound(volley: Volley): void {
    if (volley.exchanges.length === 0 || !this.answered) return;
    const round = measureRound(volley.exchanges);
    const variance = this.noise.admit(round);
    const surprise = Math.abs(round.offset - this.filter.offsetAt(round.at));
    const deviation = Math.hypot(this.filter.uncertaintyAt(round.at), Math.sqrt(variance));
    const impossible = surprise > round.width / 2 + STRANGE.sigmas * deviation;
    this.strange = surprise > STRANGE.sigmas * deviation ? this.strange + 1 : 0;
    if (impossible || this.strange >= STRANGE.rounds) return this.beginAnew();
    this.filter.update(round.at, round.offset, variance);
    this.announce();
  }

  private announce(): void {
    for (const listener of this.listeners) listener();
  }

  /** Burst, and let it replace what was known. */
  private beginAnew(): void {
    this.trusted = false;
    this.strange = 0;
    this.start();
  }
}

/** With a few answers only the certain bound is honest. */
function certainVariance(round: Round): number {
  return round.width ** 2 / 12;
}

function isComplete(reply: ProbeReply | null): reply is ProbeReply {
  return reply !== null && Number.isFinite(reply.receivedAt) && Number.isFinite(reply.sentAt);
}
