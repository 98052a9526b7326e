/** Messages on their way: sent in order, one at a time, and again after a lost connection. */

import { signal } from "@preact/signals";
import { Failure, sentenceOf } from "../api/failure";
import { newNonce } from "../api/nonce";
import type { Message } from "../api/types";

/** Before the next attempt, where the server does not say, ms. */
const PAUSE_MS = 3_000;

export interface Draft {
  /** Names this message for the server: sent twice, it is stored once. */
  readonly nonce: string;
  readonly content: string;
  readonly state: "sending" | "waiting" | "failed";
  readonly problem: string | null;
}

export type Send = (content: string, nonce: string) => Promise<Message>;

export class Outbox {
  readonly drafts = signal<readonly Draft[]>([]);
  private isSending = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `send` throws a `Failure`; `sent` gets each message as the server stored it. */
  constructor(
    private readonly send: Send,
    private readonly sent: (message: Message) => void,
  ) {}

  add(content: string): void {
    const nonce = newNonce();
    this.drafts.value = [...this.drafts.peek(), { nonce, content, state: "sending", problem: null }];
    void this.flush();
  }

  /** Try a failed one again. */
  retry(nonce: string): void {
    this.mark(nonce, "sending", null);
    void this.flush();
  }

  discard(nonce: string): void {
    this.drafts.value = this.drafts.peek().filter((draft) => draft.nonce !== nonce);
  }

  /** Send what waits: there is a connection again. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    if (this.isSending) return;
    this.isSending = true;
    for (let next = this.next(); next !== undefined; next = this.next()) {
      if (!(await this.attempt(next))) break;
    }
    this.isSending = false;
  }

  /** Drop everything: the room has been left. */
  clear(): void {
    clearTimeout(this.timer);
    this.drafts.value = [];
  }

  private next(): Draft | undefined {
    return this.drafts.peek().find((draft) => draft.state !== "failed");
  }

  /** False when the rest has to wait too. */
  private async attempt({ nonce, content }: Draft): Promise<boolean> {
    this.mark(nonce, "sending", null);
    try {
      const message = await this.send(content, nonce);
      this.discard(nonce);
      this.sent(message);
      return true;
    } catch (error) {
      const pauseMs = pauseAfter(error);
      this.mark(nonce, pauseMs === null ? "failed" : "waiting", sentenceOf(error));
      if (pauseMs === null) return true;
      this.timer = setTimeout(() => void this.flush(), pauseMs);
      return false;
    }
  }

  private mark(nonce: string, state: Draft["state"], problem: string | null): void {
    this.drafts.value = this.drafts
      .peek()
      .map((draft) => (draft.nonce === nonce ? { ...draft, state, problem } : draft));
  }
}

/** How long to wait before trying again, ms; null where that would not help. */
function pauseAfter(error: unknown): number | null {
  if (!(error instanceof Failure)) return null;
  if (error.code === "rate_limited") return (error.retryAfterS ?? 1) * 1000;
  return error.isUnanswered || error.code === "unavailable" ? PAUSE_MS : null;
}
