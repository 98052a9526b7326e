/**
 * Jellyfin's SyncPlay time sync, written anew from what is said of it in public.
 *
 * Eight measurements are tracked and the one of least delay gives the offset; the first three are
 * taken a second apart ("greedy"), the later ones a minute apart. Described under "Time sync" in
 * https://mhbxyz.github.io/OpenWatchParty/technical/jellyfin-syncplay-reference and under
 * "Reference" in https://github.com/mhbxyz/OpenWatchParty/issues/7; the four timestamps in
 * https://github.com/jellyfin/jellyfin-web/pull/1011.
 */

import type { SimulatedClient } from "../../web/src/sync/simulation/client";
import type { Algorithm, Estimator } from "../../web/src/sync/simulation/rooms";

const TRACKED = 8;
const GREEDY = { count: 3, everyMs: 1_000 };
const LATER_EVERY_MS = 60_000;

class SyncPlay implements Estimator {
  private measurements: { offset: number; delay: number }[] = [];
  private sent = 0;

  constructor(private readonly client: SimulatedClient) {}

  start(): void {
    void this.measure();
    this.sent += 1;
    const pause = this.sent < GREEDY.count ? GREEDY.everyMs : LATER_EVERY_MS;
    this.client.timers.set(() => this.start(), pause);
  }

  serverNow(): number {
    const [first, ...rest] = this.measurements;
    if (first === undefined) return this.client.now();
    const best = rest.reduce((least, one) => (one.delay < least.delay ? one : least), first);
    return this.client.now() + best.offset;
  }

  private async measure(): Promise<void> {
    const sent = this.client.now();
    const { receivedAt, sentAt } = await this.client.probe(sent);
    const received = this.client.now();
    const offset = (receivedAt - sent + sentAt - received) / 2;
    const delay = received - sent - (sentAt - receivedAt);
    this.measurements = [...this.measurements, { offset, delay }].slice(-TRACKED);
  }
}

export const jellyfin: Algorithm = (client) => new SyncPlay(client);
