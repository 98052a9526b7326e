/** Recordings that have been sent whole and that the server now reads. */

import { Failure } from "../api/failure";
import type { Track, UploadState } from "../api/types";

const ASK_EVERY_MS = 5_000;

interface Waiting {
  readonly resolve: (track: Track) => void;
  readonly reject: (failure: Failure) => void;
  readonly timer: ReturnType<typeof setInterval>;
}

export class Processing {
  private readonly waiting = new Map<string, Waiting>();

  /** `ask` reads where an upload is. */
  constructor(private readonly ask: (uploadId: string) => Promise<UploadState>) {}

  /** The track that an upload becomes; throws a `Failure` where it becomes none. */
  track(uploadId: string, signal: AbortSignal): Promise<Track> {
    const result = new Promise<Track>((resolve, reject) => {
      const timer = setInterval(() => void this.check(uploadId), ASK_EVERY_MS);
      this.waiting.set(uploadId, { resolve, reject, timer });
    });
    signal.addEventListener("abort", () => this.end(uploadId)?.reject(cancelled()), { once: true });
    // It may have been said before anybody listened.
    void this.check(uploadId);
    return result;
  }

  finished({ uploadId, track }: { uploadId: string; track: Track }): void {
    this.end(uploadId)?.resolve(track);
  }

  failed({ uploadId, code, error }: { uploadId: string; code: string; error: string }): void {
    this.end(uploadId)?.reject(new Failure(code, error));
  }

  /** Ask for all at once: there was no connection, and so nothing was heard. */
  recheck(): void {
    for (const uploadId of this.waiting.keys()) void this.check(uploadId);
  }

  private async check(uploadId: string): Promise<void> {
    try {
      const { state, track, error } = await this.ask(uploadId);
      if (state === "done" && track !== null) this.finished({ uploadId, track });
      if (state === "failed" && error !== null)
        this.failed({ uploadId, code: error.code, error: error.message });
    } catch (error) {
      const isGone = error instanceof Failure && error.code === "not_found";
      if (isGone) this.end(uploadId)?.reject(error);
    }
  }

  private end(uploadId: string): Waiting | undefined {
    const waiting = this.waiting.get(uploadId);
    clearInterval(waiting?.timer);
    this.waiting.delete(uploadId);
    return waiting;
  }
}

export function cancelled(): Failure {
  return new Failure("cancelled", "The upload was cancelled.");
}
