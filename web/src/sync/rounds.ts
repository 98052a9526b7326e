/** From single exchanges to one measurement of the offset, with an honest variance. */

/** One NTP exchange: the four timestamps in ms, the outer two local, the inner two the server's. */
export interface Exchange {
  readonly sent: number;
  readonly serverReceived: number;
  readonly serverSent: number;
  readonly received: number;
}

/** What a round of exchanges says of the offset (server minus local, ms). */
export interface Round {
  /** Local time that the measurement holds for, ms. */
  readonly at: number;
  readonly offset: number;
  /** The offset lies within ± half of this for certain, whatever the network did: ms. */
  readonly width: number;
  /** How far the better quarter of the legs lies above the best, both directions together, ms. */
  readonly gap: number;
}

/** Standard deviation of what timestamps themselves lose (coarse timers, a busy thread), ms. */
const FLOOR_SD = 0.15;
/** The least width is looked for in so many rounds: a path that got longer is believed after these. */
const ROUNDS_KEPT = 10;
/** A least width exceeds the true one by about this part of `gap` (24 legs, exponential to log-normal). */
const SLACK_OF_GAP = 0.35;
/** The same from the median excess of several rounds of six. */
const SLACK_OF_EXCESS = 0.6;

/** The round trip of an exchange without the server's own time, ms. */
export function roundTripOf(exchange: Exchange): number {
  return exchange.received - exchange.sent - (exchange.serverSent - exchange.serverReceived);
}

/**
 * The offset from the least delayed request and the least delayed answer of a round.
 *
 * Queues only ever add delay (RFC 5905 section 10 keeps the exchange of the least round trip for
 * that reason), and they do so in each direction by themselves: so the best request and the best
 * answer need not be of one exchange. Each request bounds the offset from above and each answer from
 * below, and the tightest bounds give it: the one-way minima of Paxson, "On calibrating measurements
 * of packet transit times", SIGMETRICS 1998, section 5, over a time too short for drift to matter.
 */
export function measureRound(exchanges: readonly Exchange[]): Round {
  const above = exchanges.map((one) => one.serverReceived - one.sent).sort((a, b) => a - b);
  const below = exchanges.map((one) => one.received - one.serverSent).sort((a, b) => a - b);
  const outbound = above[0] ?? 0;
  const inbound = below[0] ?? 0;
  const quarter = Math.floor(exchanges.length / 4);
  return {
    at: mean(exchanges.map((one) => (one.sent + one.received) / 2)),
    offset: (outbound - inbound) / 2,
    width: outbound + inbound,
    gap: (above[quarter] ?? outbound) - outbound + (below[quarter] ?? inbound) - inbound,
  };
}

/**
 * How much a round can be trusted, learned from the rounds before it.
 *
 * The path's own delay is taken to be the least width of the last rounds; what a round has beyond
 * it is delay of unknown direction, so that its error is spread over ± half of that excess. The
 * uniform distribution's twelfth is doubled, since the least width is itself an estimate.
 */
export class RoundNoise {
  private rounds: Round[] = [];
  private firstSlack = 0;

  /** Begin anew with a burst. */
  reset(burst: Round): void {
    this.rounds = [burst];
    this.firstSlack = SLACK_OF_GAP * burst.gap;
  }

  /** Remember `round`, and say the variance of its offset, ms². */
  admit(round: Round): number {
    this.rounds = [...this.rounds, round].slice(-ROUNDS_KEPT);
    return this.variance(round);
  }

  /** The least width of the last rounds, ms: the round trip of the idle path, as far as it was seen. */
  get leastWidth(): number {
    return Math.min(...this.rounds.map((one) => one.width));
  }

  /** The variance of the offset of a round that was admitted, ms². */
  variance(round: Round): number {
    const excess = round.width - this.leastWidth + this.slack();
    return FLOOR_SD ** 2 + excess ** 2 / 6;
  }

  /** How far the least width itself may lie above the idle path's. */
  private slack(): number {
    if (this.rounds.length < 4) return this.firstSlack;
    const least = this.leastWidth;
    return SLACK_OF_EXCESS * median(this.rounds.map((one) => one.width - least));
  }
}

/** The arithmetic mean; 0 of nothing. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The middle value (the upper of two); 0 of nothing. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
