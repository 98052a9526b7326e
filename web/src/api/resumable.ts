/** Sending a recording so that it goes on after the connection was lost, by the tus protocol. */

import { type DetailedError, type HttpResponse, Upload } from "tus-js-client";
import { Failure, opened } from "./failure";

const ENDPOINT = "/uploads/tus";
/** Small enough for proxies that hold a request back until they have it whole, bytes. */
const CHUNK_BYTES = 8 * 1024 * 1024;
/** Pauses before trying again, ms. Every byte that arrives begins them anew, so the last stands for a long night. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, ...Array.from({ length: 200 }, () => 8_000)];

export interface Progress {
  /** What has arrived, 0 to 1. */
  readonly progressed: (part: number) => void;
  /** Nothing gets through at present: it is tried again. */
  readonly stalled: () => void;
}

/** The server knows no resumable uploads. */
export class NotResumable extends Error {}

/**
 * Send all bytes of `file` and give the upload's id. A file whose upload was begun before, also
 * before this page was loaded, goes on where it stopped. Throws a `Failure`, or `NotResumable`.
 */
export function sendResumably(
  file: File,
  token: () => Promise<string>,
  { progressed, stalled }: Progress,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const upload = new Upload(file, {
      endpoint: ENDPOINT,
      chunkSize: CHUNK_BYTES,
      retryDelays: PAUSES_MS,
      removeFingerprintOnSuccess: true,
      metadata: { filename: file.name },
      onBeforeRequest: async (request) => request.setHeader("Authorization", `Bearer ${await token()}`),
      onProgress: (sent, total) => progressed(total > 0 ? sent / total : 0),
      onShouldRetry: ({ originalRequest, originalResponse }) => {
        const mayPass = isPassing(originalRequest.getMethod(), statusOf(originalResponse));
        if (mayPass) stalled();
        return mayPass;
      },
      onError: (error) => reject(failureOf(error)),
      onSuccess: () => resolve(upload.url!.split("/").at(-1)!),
    });
    signal.addEventListener("abort", () => {
      void upload.abort(true).catch(() => undefined);
      reject(new Failure("cancelled", "The upload was cancelled."));
    });
    void start(upload);
  });
}

async function start(upload: Upload): Promise<void> {
  const [begun] = await upload.findPreviousUploads().catch(() => []);
  if (begun !== undefined) upload.resumeFromPreviousUpload(begun);
  upload.start();
}

/** Whether the same request may do later: there was no answer, or one that is not about the request. */
export function isPassing(method: string, status: number): boolean {
  if (status === 0 || status >= 500 || [401, 423, 429].includes(status)) return true;
  // The offset was another one: it is asked for anew.
  return status === 409 && method === "PATCH";
}

function statusOf(response: HttpResponse | null): number {
  return response?.getStatus() ?? 0;
}

function failureOf(error: Error | DetailedError): Error {
  const response = "originalResponse" in error ? error.originalResponse : null;
  if (response === null) return new Failure("offline", "The recording could not be sent. Please try again.");
  const isCreation = "originalRequest" in error && error.originalRequest.getMethod() === "POST";
  if (isCreation && [404, 405].includes(statusOf(response))) return new NotResumable();
  try {
    opened(JSON.parse(response.getBody()));
  } catch (failure) {
    if (failure instanceof Failure) return failure;
  }
  return new Failure("internal", "The server did not take the recording. Please try again.");
}
