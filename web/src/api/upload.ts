/** Sending a recording, with its progress: what `fetch` cannot tell. */

import { Failure, opened } from "./failure";
import type { Progress } from "./resumable";
import type { Track } from "./types";

/** POST `file` as a track. `progressed` hears the part that has been sent, 0 to 1. */
export function uploadTrack(
  file: File,
  accessToken: string,
  { progressed }: Pick<Progress, "progressed">,
  signal: AbortSignal,
): Promise<Track> {
  const request = new XMLHttpRequest();
  request.open("POST", "/uploads/tracks");
  request.setRequestHeader("Authorization", `Bearer ${accessToken}`);
  request.responseType = "json";
  request.upload.onprogress = ({ loaded, total }) => progressed(total > 0 ? loaded / total : 0);
  signal.addEventListener("abort", () => request.abort(), { once: true });
  const answered = new Promise<Track>((resolve, reject) => {
    const lost = "The connection broke off before the recording was there. Please try again.";
    request.onerror = () => reject(new Failure("offline", lost));
    request.onabort = () => reject(new Failure("cancelled", "The upload was cancelled."));
    request.onload = () => {
      try {
        resolve(opened<Track>(request.response).data);
      } catch (error) {
        reject(error);
      }
    };
  });
  const form = new FormData();
  form.append("file", file);
  request.send(form);
  return answered;
}
