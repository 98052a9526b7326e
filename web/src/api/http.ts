/** The few requests that are not events: signing in and out. */

import { Failure, opened } from "./failure";
import { patiently } from "./patience";

const TIMEOUT_MS = 15_000;

/** POST `body` and give the answer's `data`; throws a `Failure`. */
export function post<Data>(path: string, body: object, accessToken?: string): Promise<Data> {
  return patiently(() => attempt<Data>(path, body, accessToken));
}

async function attempt<Data>(path: string, body: object, accessToken?: string): Promise<Data> {
  const headers: Record<string, string> = { "Content-Type": "application/json" };
  if (accessToken !== undefined) headers["Authorization"] = `Bearer ${accessToken}`;
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const request = { method: "POST", headers, body: JSON.stringify(body), signal };
  const answer = await fetch(path, request).catch(() => {
    throw new Failure("offline", "The server cannot be reached. Please try again.");
  });
  const envelope: unknown = await answer.json().catch(() => null);
  return opened<Data>(envelope).data;
}
