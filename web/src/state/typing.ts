/** Who is typing. */

import { signal } from "@preact/signals";

/** The server passes on one in 3 s; after this without another, somebody has stopped, ms. */
const FADES_MS = 4_500;
const EVERY_MS = 3_000;

export class Typing {
  /** User ids. */
  readonly users = signal<readonly string[]>([]);
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private saidAt = -Infinity;

  constructor(private readonly tell: () => void) {}

  heard(userId: string): void {
    clearTimeout(this.timers.get(userId));
    this.timers.set(
      userId,
      setTimeout(() => this.stopped(userId), FADES_MS),
    );
    if (!this.users.peek().includes(userId)) this.users.value = [...this.users.peek(), userId];
  }

  stopped(userId: string): void {
    clearTimeout(this.timers.get(userId));
    this.timers.delete(userId);
    if (this.users.peek().includes(userId))
      this.users.value = this.users.peek().filter((one) => one !== userId);
  }

  /** A key was pressed at `nowMs`: tell the others, but not each time. */
  pressed(nowMs: number): void {
    if (nowMs - this.saidAt < EVERY_MS) return;
    this.saidAt = nowMs;
    this.tell();
  }

  /** The message is on its way: with the next key typing begins anew. */
  rest(): void {
    this.saidAt = -Infinity;
  }

  clear(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.timers.clear();
    this.users.value = [];
    this.rest();
  }
}
