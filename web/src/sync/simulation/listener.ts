/** A listener for tests: a machine, its audio, a clock and a player, and a room to follow. */

import { ServerClock } from "../clock";
import { SyncPlayer } from "../player";
import { positionAt } from "../schedule";
import type { Playback, PlaybackReport } from "../types";
import { FakeHost } from "./audio";
import { SERVER_ORIGIN, SimulatedClient } from "./client";
import { type NetworkProfile, WAN } from "./profiles";

const EVEN: NetworkProfile = { ...WAN, asymmetry: 0 };
export const TRACK = { id: "t1", url: "/media/t1.m4a", duration: 180 };

export const PLAYING: Playback = {
  roomId: "room",
  version: 2,
  status: "playing",
  track: TRACK,
  queueItemId: "item",
  position: 0,
  anchorAt: SERVER_ORIGIN + 5000,
  rate: 1,
};
export const WAITING: Playback = { ...PLAYING, version: 1, status: "waiting", anchorAt: null };

/** Times are true ms from the beginning. */
export class Listener {
  readonly client: SimulatedClient;
  readonly host: FakeHost;
  readonly clock: ServerClock;
  readonly player: SyncPlayer;
  readonly ready: number[] = [];
  readonly reports: PlaybackReport[] = [];
  readonly errors: unknown[] = [];

  constructor(seed: number, { ppm = 0, audioPpm = 0, latency = 0.04, profile = EVEN } = {}) {
    this.client = new SimulatedClient(profile, seed, ppm);
    this.host = new FakeHost(this.client, { ppm: audioPpm, latency });
    const { probe, now, timers } = this.client;
    this.clock = new ServerClock({ probe, now, timers });
    this.player = new SyncPlayer({
      clock: this.clock,
      host: this.host.audioHost,
      onReady: (version) => this.ready.push(version),
      onReport: (report) => this.reports.push(report),
      onError: (error) => this.errors.push(error),
    });
    this.clock.start();
  }

  async until(trueMs: number): Promise<this> {
    await this.client.timeline.runUntil(trueMs);
    return this;
  }

  /** How far what is in the air is ahead of the room, ms. */
  off(playback: Playback): number {
    const target = positionAt(playback, this.client.trueServerTime());
    return ((this.host.context.heard() ?? NaN) - target) * 1000;
  }
}
