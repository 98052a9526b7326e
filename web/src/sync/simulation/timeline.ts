/** Simulated time: true milliseconds that pass only when asked, and timers that fire in order. */

interface Entry {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

export class Timeline {
  /** True time, ms. */
  now = 0;
  private queue: Entry[] = [];
  private order = 0;

  /** Run `callback` at a true time. Returns what `cancel` takes. */
  at(time: number, callback: () => void): Entry {
    const entry = { at: Math.max(time, this.now), order: this.order++, callback };
    let index = this.queue.length;
    while (index > 0 && before(entry, this.queue[index - 1])) index -= 1;
    this.queue.splice(index, 0, entry);
    return entry;
  }

  cancel(handle: unknown): void {
    const index = this.queue.indexOf(handle as Entry);
    if (index >= 0) this.queue.splice(index, 1);
  }

  get pending(): number {
    return this.queue.length;
  }

  /** Let time pass up to `time`, with everything that is due, and what promises then do. */
  async runUntil(time: number): Promise<void> {
    await settled();
    for (let next = this.queue[0]; next && next.at <= time; next = this.queue[0]) {
      this.queue.shift();
      this.now = Math.max(this.now, next.at);
      next.callback();
      await settled();
    }
    this.now = Math.max(this.now, time);
  }
}

/** Let chains of promises that are already resolved run to their end. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
}

function before(entry: Entry, other: Entry | undefined): boolean {
  return other !== undefined && entry.at < other.at;
}
