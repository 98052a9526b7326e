/** Which moment of the audio context is in the air at which moment of the machine. */

import { median } from "./rounds";

const KEPT = 8;
/** The device lost or gained sound when the mapping moves by this, ms. */
const BREAK_MS = 25;
/** A browser whose output timestamp is this far from now counts on another axis, ms. */
const ABSURD_MS = 2_000;

/**
 * Maps local monotonic time to audible context time.
 *
 * `getOutputTimestamp` pairs the context time that the device plays with the moment at which it does
 * (Web Audio API 1.1, section 1.2.2), so latency is in it. Where it gives nothing (a context that has
 * just started, an older browser), `currentTime` less `outputLatency` stands in. Single readings are
 * some ms off, so the median of the last ones counts, until two in a row say that it broke.
 */
export class OutputClock {
  private shifts: number[] = [];
  private broken = 0;

  constructor(
    private readonly context: AudioContext,
    private readonly now: () => number,
  ) {}

  /** Take one reading. To be called now and then while the context runs. */
  observe(): void {
    const shift = this.read();
    const off = this.shifts.length > 0 && Math.abs(shift - median(this.shifts)) > BREAK_MS;
    this.broken = off ? this.broken + 1 : 0;
    if (off && this.broken < 2) return;
    this.shifts = off ? [shift] : [...this.shifts, shift].slice(-KEPT);
  }

  /** Forget all readings: the context was suspended, or another device plays. */
  reset(): void {
    this.shifts = [];
    this.broken = 0;
  }

  /** The context time, s, that is audible at a local time, ms. */
  contextTimeAt(localMs: number): number {
    if (this.shifts.length === 0) this.observe();
    return (localMs + median(this.shifts)) / 1000;
  }

  /** How long a sound takes from the context to the air, ms. */
  get latencyMs(): number {
    return Math.max(0, (this.context.currentTime - this.contextTimeAt(this.now())) * 1000);
  }

  private read(): number {
    const { contextTime = 0, performanceTime = 0 } = this.context.getOutputTimestamp?.() ?? {};
    const current = Math.abs(performanceTime - this.now()) < ABSURD_MS;
    if (contextTime > 0 && current) return contextTime * 1000 - performanceTime;
    const latency = this.context.outputLatency || this.context.baseLatency || 0;
    return (this.context.currentTime - latency) * 1000 - this.now();
  }
}
