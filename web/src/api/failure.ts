/** Why a request was refused, in the server's words. */

import type { Problem } from "./types";

/** `code` is the protocol's, or `offline` and `timeout` where no answer came. `message` is for a person. */
export class Failure extends Error {
  override readonly name = "Failure";

  constructor(
    readonly code: string,
    message: string,
    readonly details: readonly Problem[] = [],
    readonly retryAfterS: number | null = null,
    /** The current state, where it helps (`conflict`). */
    readonly data: unknown = null,
  ) {
    super(message);
  }

  /** No answer came, so nobody knows whether it was done. */
  get isUnanswered(): boolean {
    return this.code === "offline" || this.code === "timeout";
  }

  /** The sentence for one key of the request, if that was wrong. */
  of(key: string): string | null {
    return this.details.find((detail) => detail.path[0] === key)?.message ?? null;
  }
}

/** The `data` of an envelope; throws its `Failure`. Whatever is no envelope is a failure too. */
export function opened<Data>(envelope: unknown): { data: Data; meta: unknown } {
  const { success, data, meta, ...failed } = (envelope ?? {}) as Record<string, unknown>;
  if (success === true) return { data: data as Data, meta };
  const { error, code, details, retryAfter } = failed;
  throw new Failure(
    typeof code === "string" ? code : "internal",
    typeof error === "string" ? error : "The server gave an answer that makes no sense.",
    Array.isArray(details) ? (details as Problem[]) : [],
    typeof retryAfter === "number" ? retryAfter : null,
    data ?? null,
  );
}

/** The sentence of whatever was thrown. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  return "Something went wrong.";
}
