/** A machine with a clock of its own, and a probe that crosses a simulated network. */

import type { ProbeReply, Timers } from "../types";
import { Path } from "./network";
import type { NetworkProfile } from "./profiles";
import { Random } from "./random";
import { Timeline } from "./timeline";

/** Server time at true time 0. */
export const SERVER_ORIGIN = 1_790_000_000_000;
/** How the simulated quartz wanders: standard deviation of its frequency's walk, ppm per √second. */
const WANDER_PPM = 0.02;

export class SimulatedClient {
  readonly timeline = new Timeline();
  readonly random: Random;
  readonly path: Path;
  /** Set to make the server another one. */
  epoch = "one";
  /** The chance that a probe is never answered. */
  probeLoss = 0;
  probes = 0;
  private serverShift = 0;
  private localTime = 5000;
  private localAt = 0;
  private ppm: number;

  constructor(profile: NetworkProfile, seed: number, ppm?: number) {
    this.random = new Random(seed);
    this.path = new Path(profile, this.random);
    this.ppm = ppm ?? this.random.between(-50, 50);
  }

  /** Local monotonic time, ms, to the 0.1 ms that browsers give. */
  readonly now = (): number => {
    const passed = this.timeline.now - this.localAt;
    this.localTime += passed * (1 + this.ppm * 1e-6);
    this.ppm += WANDER_PPM * Math.sqrt(passed / 1000) * this.random.normal();
    this.localAt = this.timeline.now;
    return Math.floor(this.localTime * 10) / 10;
  };

  readonly timers: Timers = {
    set: (callback, delayMs) => this.timeline.at(this.timeline.now + delayMs, callback),
    clear: (handle) => this.timeline.cancel(handle),
  };

  readonly probe = (clientTime: number): Promise<ProbeReply> => {
    this.probes += 1;
    const answered = this.random.next() >= this.probeLoss;
    return new Promise((resolve) => {
      const there = this.path.arrival(this.timeline.now, "up");
      if (answered) this.timeline.at(there, () => this.answer(clientTime, resolve));
    });
  };

  /** What the server's clock shows now, ms. */
  trueServerTime(): number {
    return SERVER_ORIGIN + this.serverShift + this.timeline.now;
  }

  /** A restart of the server: another epoch, and a clock that was set. */
  restartServer(shiftMs: number): void {
    this.epoch += "+";
    this.serverShift += shiftMs;
  }

  /** The machine sleeps: true time passes, timers do not fire, the monotonic clock may stand still. */
  sleep(durationMs: number, clockStands: boolean): void {
    this.timeline.now += durationMs;
    if (clockStands) this.localAt = this.timeline.now;
  }

  private answer(clientTime: number, resolve: (reply: ProbeReply) => void): void {
    const receivedAt = this.trueServerTime();
    const reply = { clientTime, receivedAt, sentAt: receivedAt + 0.3, clockEpoch: this.epoch };
    const back = this.path.arrival(this.timeline.now + 0.3, "down") + this.path.threadDelay();
    this.timeline.at(back, () => resolve(reply));
  }
}
