/** One client's path to the server, in both directions, over one ordered connection. */

import type { NetworkProfile } from "./profiles";
import type { Random } from "./random";

export class Path {
  private readonly base: number;
  private readonly skew: number;
  private shift = 0;
  private nextHandover: number;
  private spell = { from: 0, until: 0 };
  private readonly lastArrival = { up: 0, down: 0 };

  constructor(
    private readonly profile: NetworkProfile,
    private readonly random: Random,
  ) {
    this.base = random.between(...profile.baseTrip);
    this.skew = profile.asymmetry * random.normal();
    this.nextHandover = profile.handover ? random.exponential(profile.handover.every) : Infinity;
    this.spell.until = profile.spells ? -random.exponential(1) : Infinity;
  }

  /** When something sent at `now` arrives; never before what was sent earlier the same way. */
  arrival(now: number, direction: "up" | "down"): number {
    this.moveOn(now);
    const idle = (this.base + this.shift) / 2 + (direction === "up" ? this.skew : -this.skew);
    const at = now + Math.max(1, idle) + this.queueing(now);
    this.lastArrival[direction] = Math.max(at, this.lastArrival[direction]);
    return this.lastArrival[direction];
  }

  /** How late a busy page is to look at its clock, ms. */
  threadDelay(): number {
    return this.random.exponential(this.profile.thread);
  }

  private queueing(now: number): number {
    const { queueMedian, queueSigma, tail, loss, spells } = this.profile;
    let delay = this.random.logNormal(queueMedian, queueSigma);
    if (this.random.next() < tail.chance) {
      delay += Math.min(tail.cap, this.random.pareto(tail.scale, tail.shape));
    }
    if (this.random.next() < loss.chance) delay += loss.delay;
    if (spells && now >= this.spell.from) delay += this.random.exponential(spells.delay);
    return delay;
  }

  private moveOn(now: number): void {
    const { spells, handover } = this.profile;
    while (spells && now >= this.spell.until) {
      const from = Math.max(0, this.spell.until) + this.random.exponential(spells.every);
      this.spell = { from, until: from + this.random.exponential(spells.length) };
    }
    while (handover && now >= this.nextHandover) {
      this.shift = this.random.between(-1, 1) * Math.min(handover.change, this.base / 2);
      this.nextHandover += this.random.exponential(handover.every);
    }
  }
}
