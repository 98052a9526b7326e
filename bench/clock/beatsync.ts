/**
 * Beatsync's clock, written anew from what is said of it in public, in its two ages.
 *
 * - "best half": up to 40 NTP measurements, sorted by round trip, the better half kept, and their
 *   offsets averaged. Described in "NTP-based Time Synchronization" of the project's DeepWiki
 *   (https://deepwiki.com/freeman-jiang/beatsync/3.1-ntp-based-time-synchronization).
 * - "least trip": the offset of the one measurement with the least round trip, of the last 16.
 *   Described in "Problem" and "Solution" of https://github.com/freeman-jiang/beatsync/pull/103.
 *
 * Neither text gives the pace. Here the first measurements are 75 ms apart, which lets all 40 end
 * within three seconds, and later ones 2.5 s apart: both are our assumption, and a generous one.
 */

import type { SimulatedClient } from "../../web/src/sync/simulation/client";
import type { Algorithm, Estimator } from "../../web/src/sync/simulation/rooms";

const FIRST_PACE_MS = 75;
const LATER_PACE_MS = 2_500;

interface Measurement {
  readonly offset: number;
  readonly trip: number;
}

class Beatsync implements Estimator {
  private measurements: Measurement[] = [];
  private sent = 0;

  constructor(
    private readonly client: SimulatedClient,
    private readonly kept: number,
    private readonly estimate: (measurements: readonly Measurement[]) => number,
  ) {}

  start(): void {
    void this.measure();
    this.sent += 1;
    const pace = this.sent < this.kept ? FIRST_PACE_MS : LATER_PACE_MS;
    this.client.timers.set(() => this.start(), pace);
  }

  serverNow(): number {
    return this.client.now() + this.estimate(this.measurements);
  }

  private async measure(): Promise<void> {
    const t0 = this.client.now();
    const { receivedAt, sentAt } = await this.client.probe(t0);
    const t3 = this.client.now();
    const offset = (receivedAt - t0 + sentAt - t3) / 2;
    const trip = t3 - t0 - (sentAt - receivedAt);
    this.measurements = [...this.measurements, { offset, trip }].slice(-this.kept);
  }
}

function byTrip(measurements: readonly Measurement[]): Measurement[] {
  return [...measurements].sort((a, b) => a.trip - b.trip);
}

function bestHalf(measurements: readonly Measurement[]): number {
  const half = byTrip(measurements).slice(0, Math.ceil(measurements.length / 2));
  return half.reduce((sum, one) => sum + one.offset, 0) / Math.max(1, half.length);
}

function leastTrip(measurements: readonly Measurement[]): number {
  return byTrip(measurements)[0]?.offset ?? 0;
}

export const beatsyncBestHalf: Algorithm = (client) => new Beatsync(client, 40, bestHalf);
export const beatsyncLeastTrip: Algorithm = (client) => new Beatsync(client, 16, leastTrip);
