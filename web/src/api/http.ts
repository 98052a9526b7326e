/** The few requests that are not events: signing in and out, and files. */

import { Failure, opened } from "./failure";
import { patiently } from "./patience";
import type { Image, Provider } from "./types";

const TIMEOUT_MS = 15_000;
const IMAGE_TIMEOUT_MS = 120_000;

/** POST `body` and give the answer's `data`; throws a `Failure`. */
export function post<Data>(path: string, body: object, accessToken?: string): Promise<Data> {
  const headers = { "Content-Type": "application/json", ...bearer(accessToken) };
  return patiently(() => attempt<Data>(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

/** GET the `data` at a path; throws a `Failure`. */
export function get<Data>(path: string, accessToken: string): Promise<Data> {
  return patiently(() => attempt<Data>(path, { headers: bearer(accessToken) }));
}

/** Send an image, which the server makes into two sizes. */
export function uploadImage(file: File, accessToken: string): Promise<Image> {
  const body = new FormData();
  body.append("file", file);
  const request = { method: "POST", headers: bearer(accessToken), body };
  return patiently(() => attempt<Image>("/uploads/images", request, IMAGE_TIMEOUT_MS));
}

/**
 * Whether one may sign in with a provider here. Asked with a page that nobody may be sent to, so
 * that no way begins: only where there is a way the server minds the page.
 */
export async function offers(provider: Provider): Promise<boolean> {
  const answer = await fetch(`/auth/${provider}?redirect=`, { redirect: "manual" }).catch(() => null);
  return answer?.status === 400;
}

async function attempt<Data>(path: string, request: RequestInit, timeoutMs = TIMEOUT_MS): Promise<Data> {
  const signal = AbortSignal.timeout(timeoutMs);
  const answer = await fetch(path, { ...request, signal }).catch(() => {
    throw new Failure("offline", "The server cannot be reached. Please try again.");
  });
  const envelope: unknown = await answer.json().catch(() => null);
  return opened<Data>(envelope).data;
}

function bearer(accessToken?: string): Record<string, string> {
  return accessToken === undefined ? {} : { Authorization: `Bearer ${accessToken}` };
}
