/** Sentences that are shown for a moment. */

import { signal } from "@preact/signals";
import { Failure, sentenceOf } from "../api/failure";

const SHOWN_MS = 6_000;

export interface Toast {
  readonly id: number;
  readonly text: string;
  readonly kind: "news" | "failure";
}

export class Toasts {
  readonly list = signal<readonly Toast[]>([]);
  private lastId = 0;

  /** Show `text`; one that is shown already is not shown twice. */
  say(text: string, kind: Toast["kind"] = "news"): void {
    const id = (this.lastId += 1);
    const others = this.list.peek().filter((toast) => toast.text !== text);
    this.list.value = [...others, { id, text, kind }].slice(-4);
    setTimeout(() => this.dismiss(id), SHOWN_MS);
  }

  /** Show the sentence of a failure. */
  fail(error: unknown): void {
    if (error instanceof Failure && error.code === "cancelled") return;
    this.say(sentenceOf(error), "failure");
  }

  /** Show why `work` failed, if it does. */
  readonly watch = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => this.fail(error));
  };

  dismiss(id: number): void {
    this.list.value = this.list.peek().filter((toast) => toast.id !== id);
  }
}
