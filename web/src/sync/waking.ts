/** Timers that notice when the machine or the tab slept through them. */

import type { Timers } from "./types";

/** A timer that comes this long after the one before it means a sleep, ms. */
const SLEEP_MS = 30_000;

export class WakingTimers {
  private readonly handles = new Set<unknown>();
  private lastTick = 0;

  /** `slept` is called instead of the callback of the first timer after a sleep. */
  constructor(
    private readonly timers: Timers,
    private readonly now: () => number,
    private readonly slept: () => void,
  ) {}

  /** End all timers, and count from now. */
  restart(): void {
    for (const handle of this.handles) this.timers.clear(handle);
    this.handles.clear();
    this.lastTick = this.now();
  }

  after(delayMs: number, callback: () => void): unknown {
    const handle = this.timers.set(() => {
      this.handles.delete(handle);
      if (this.tick() > SLEEP_MS) this.slept();
      else callback();
    }, delayMs);
    this.handles.add(handle);
    return handle;
  }

  cancel(handle: unknown): void {
    this.timers.clear(handle);
    this.handles.delete(handle);
  }

  private tick(): number {
    const before = this.lastTick;
    this.lastTick = this.now();
    return this.lastTick - before;
  }
}
