/**
 * The networks that clocks are tried on. Not changed since the first result was seen; where their
 * shapes come from stands in `bench/clock/README.md`.
 */
export interface NetworkProfile {
  readonly name: string;
  /** Round trip of an idle path, uniform between these, ms. */
  readonly baseTrip: readonly [number, number];
  /** Queueing in each direction by itself, log-normal: median in ms, and sigma of the logarithm. */
  readonly queueMedian: number;
  readonly queueSigma: number;
  /** A packet in this part of cases waits a Pareto time besides: scale in ms, shape, cap in ms. */
  readonly tail: {
    readonly chance: number;
    readonly scale: number;
    readonly shape: number;
    readonly cap: number;
  };
  /** Bad spells: mean time between and mean length, ms, and the mean of what they add, ms. */
  readonly spells: { readonly every: number; readonly length: number; readonly delay: number } | null;
  /** A lost segment is sent again by TCP: this chance, and this delay, ms. */
  readonly loss: { readonly chance: number; readonly delay: number };
  /** What a handover changes: mean time between, ms, and the greatest change of the round trip, ms. */
  readonly handover: { readonly every: number; readonly change: number } | null;
  /** Mean delay of a busy page's thread before it takes the answer's time, ms (exponential). */
  readonly thread: number;
  /**
   * Standard deviation over clients of half the constant difference between the two directions, ms:
   * the error that no exchange of this kind can see.
   */
  readonly asymmetry: number;
}

export const WAN: NetworkProfile = {
  name: "WAN",
  baseTrip: [40, 120],
  queueMedian: 3,
  queueSigma: 1,
  tail: { chance: 0.005, scale: 30, shape: 1.5, cap: 1000 },
  spells: null,
  loss: { chance: 0.005, delay: 250 },
  handover: null,
  thread: 0.5,
  asymmetry: 0.5,
};

export const MOBILE: NetworkProfile = {
  name: "mobile",
  baseTrip: [60, 300],
  queueMedian: 8,
  queueSigma: 1,
  tail: { chance: 0.03, scale: 50, shape: 1.5, cap: 2000 },
  spells: { every: 6000, length: 800, delay: 80 },
  loss: { chance: 0.01, delay: 350 },
  handover: { every: 180_000, change: 40 },
  thread: 1.5,
  asymmetry: 1,
};
