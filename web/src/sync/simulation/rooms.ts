/** Rooms full of clients, and how far apart they think the server's time is. */

import type { SimulatedClient } from "./client";
import { SimulatedClient as Client } from "./client";
import type { NetworkProfile } from "./profiles";

/** Any way to know the server's time. */
export interface Estimator {
  start(): void;
  serverNow(): number;
}

export type Algorithm = (client: SimulatedClient) => Estimator;

const CLIENTS = 8;

/**
 * The greatest difference between two of eight clients, ms, in each of `rooms` rooms, at each of
 * `momentsMs` after the start: `spreads[moment][room]`.
 */
export async function spreads(
  algorithm: Algorithm,
  profile: NetworkProfile,
  rooms: number,
  momentsMs: readonly number[],
  seed: number,
): Promise<number[][]> {
  const result: number[][] = momentsMs.map(() => []);
  for (let room = 0; room < rooms; room += 1) {
    const errors: number[][] = momentsMs.map(() => []);
    for (let index = 0; index < CLIENTS; index += 1) {
      const client = new Client(profile, seed + room * 1009 + index * 7919);
      const found = await errorsOf(algorithm, client, momentsMs);
      found.forEach((error, moment) => errors[moment]?.push(error));
    }
    errors.forEach((all, moment) => result[moment]?.push(Math.max(...all) - Math.min(...all)));
  }
  return result;
}

async function errorsOf(
  algorithm: Algorithm,
  client: SimulatedClient,
  momentsMs: readonly number[],
): Promise<number[]> {
  const estimator = algorithm(client);
  const errors: number[] = [];
  estimator.start();
  for (const moment of momentsMs) {
    await client.timeline.runUntil(moment);
    errors.push(estimator.serverNow() - client.trueServerTime());
  }
  return errors;
}

/** The value that a part `share` (0 to 1) of `values` lies at or below. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
