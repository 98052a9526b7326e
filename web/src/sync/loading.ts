/** Getting a track until it is there or no longer wanted. */

import type { Timers } from "./types";

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 8_000;

/** Runs one task at a time, again after a failure, with growing pauses. */
export class Loading<Result> {
  private abort: AbortController | null = null;
  private timer: unknown = null;

  constructor(
    private readonly timers: Timers,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Begin a task in place of the one before; `done` gets what it comes to. */
  begin(task: (signal: AbortSignal) => Promise<Result>, done: (result: Result) => void): void {
    this.cancel();
    const abort = new AbortController();
    this.abort = abort;
    this.attempt(task, done, abort, FIRST_RETRY_MS);
  }

  cancel(): void {
    this.abort?.abort();
    this.timers.clear(this.timer);
  }

  private attempt(
    task: (signal: AbortSignal) => Promise<Result>,
    done: (result: Result) => void,
    abort: AbortController,
    pauseMs: number,
  ): void {
    const again = (): void =>
      this.attempt(task, done, abort, Math.min(LAST_RETRY_MS, pauseMs * 2));
    task(abort.signal).then(
      (result) => {
        if (!abort.signal.aborted) done(result);
      },
      (error: unknown) => {
        if (abort.signal.aborted) return;
        this.timer = this.timers.set(again, pauseMs);
        this.failed(error);
      },
    );
  }
}
