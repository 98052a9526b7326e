/** How a recording gets to the server: so that it can be resumed where the server knows how, else at one go. */

import { NotResumable, type Progress } from "../api/resumable";
import type { Track } from "../api/types";
import type { Processing } from "./processing";
import type { SendFile } from "./uploads";

export interface Ways {
  /** Sends all bytes and gives the upload's id; throws `NotResumable` where the server does not know how. */
  readonly resumably: (file: File, progress: Progress, signal: AbortSignal) => Promise<string>;
  readonly atOnce: (file: File, progress: Progress, signal: AbortSignal) => Promise<Track>;
  readonly processing: Processing;
}

export function sendBy({ resumably, atOnce, processing }: Ways): SendFile {
  let isResumable = true;

  async function idOf(file: File, progress: Progress, signal: AbortSignal): Promise<string | null> {
    if (!isResumable) return null;
    try {
      return await resumably(file, progress, signal);
    } catch (error) {
      if (!(error instanceof NotResumable)) throw error;
      isResumable = false;
      return null;
    }
  }

  return (file, progress, signal) => {
    const sent = idOf(file, progress, signal);
    const track = sent.then((id) => {
      if (id === null) return atOnce(file, progress, signal);
      progress.progressed(1);
      return processing.track(id, signal);
    });
    const ignore = (): void => undefined;
    const isThere = sent.then((id) => (id === null ? track.then(ignore) : undefined)).catch(ignore);
    return { sent: isThere, track };
  };
}
