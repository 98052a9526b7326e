/** An audio device with a clock of its own, which remembers what it was told to play. */

import type { AudioHost } from "../host";
import type { SimulatedClient } from "./client";

interface RateChange {
  readonly at: number;
  readonly rate: number;
}

class FakeParam {
  readonly changes: RateChange[] = [];
  constructor(public value: number) {}
  setValueAtTime(rate: number, at: number): void {
    this.changes.push({ at, rate });
  }
  setTargetAtTime(value: number): void {
    this.value = value;
  }
}

class FakeSource {
  readonly playbackRate = new FakeParam(1);
  buffer: unknown = null;
  onended: (() => void) | null = null;
  when = Infinity;
  offset = 0;
  end = Infinity;
  constructor(private readonly context: FakeContext) {}
  connect(): void {}
  disconnect(): void {}
  start(when: number, offset: number): void {
    this.when = Math.max(when, this.context.currentTime);
    this.offset = offset;
  }
  stop(when = 0): void {
    this.end = Math.min(this.end, Math.max(when, this.context.currentTime));
  }

  /** Seconds of the track at a context time, worked out from the orders alone. */
  positionAt(time: number): number {
    let position = this.offset;
    let from = this.when;
    let rate = this.playbackRate.value;
    for (const change of this.playbackRate.changes) {
      if (change.at >= time) break;
      position += (change.at - from) * rate;
      from = change.at;
      rate = change.rate;
    }
    return position + (time - from) * rate;
  }
}

export class FakeContext {
  state: "suspended" | "running" | "closed" = "suspended";
  onstatechange: (() => void) | null = null;
  readonly destination = {};
  readonly sources: FakeSource[] = [];
  readonly baseLatency = 0.01;
  /** Set to refuse `resume()` as a browser does before a click. */
  refuses = false;
  decodes = 0;
  private passed = 0;
  private since = 0;

  constructor(
    private readonly client: SimulatedClient,
    readonly ppm: number,
    /** From the context to the air, s. */
    readonly outputLatency: number,
  ) {}

  /** As the context shows it: at the beginning of a block of 128 frames. */
  get currentTime(): number {
    return Math.floor((this.timeAt(this.client.timeline.now) * 48_000) / 128) * (128 / 48_000);
  }

  getOutputTimestamp(): AudioTimestamp {
    if (this.state !== "running") return { contextTime: 0, performanceTime: 0 };
    const noise = this.client.random.between(-0.002, 0.002);
    const contextTime = this.timeAt(this.client.timeline.now) - this.outputLatency + noise;
    return { contextTime: Math.max(0, contextTime), performanceTime: this.client.now() };
  }

  async resume(): Promise<void> {
    if (this.refuses) throw new Error("A click is needed.");
    if (this.state === "running") return;
    this.since = this.client.timeline.now;
    this.state = "running";
    this.onstatechange?.();
  }

  /** The system takes the device away, as a phone call does. */
  interrupt(): void {
    this.passed = this.timeAt(this.client.timeline.now);
    this.state = "suspended";
    this.onstatechange?.();
  }

  /** The device loses sound: the context's time stands still for a moment. */
  underrun(durationMs: number): void {
    this.since += durationMs;
  }

  async close(): Promise<void> {
    this.state = "closed";
  }

  createGain(): unknown {
    return { gain: new FakeParam(1), connect: () => undefined };
  }

  createMediaElementSource(): unknown {
    return { connect: () => undefined, disconnect: () => undefined };
  }

  createBufferSource(): FakeSource {
    const source = new FakeSource(this);
    this.sources.push(source);
    return source;
  }

  async decodeAudioData(): Promise<unknown> {
    this.decodes += 1;
    return {};
  }

  /** Seconds of the track that are in the air now; null for silence. */
  heard(): number | null {
    if (this.state !== "running") return null;
    const time = this.timeAt(this.client.timeline.now) - this.outputLatency;
    const sounding = this.sources.filter((one) => one.when <= time && time < one.end);
    if (sounding.length > 1) throw new Error("Two sources sound at once.");
    return sounding[0]?.positionAt(time) ?? null;
  }

  private timeAt(trueMs: number): number {
    if (this.state !== "running") return this.passed;
    return this.passed + ((trueMs - this.since) / 1000) * (1 + this.ppm * 1e-6);
  }
}

/** A media element that streams in true time and takes a while to begin. */
export class FakeElement {
  paused = true;
  preservesPitch = false;
  readyState = 4;
  src = "";
  /** Set to break the stream off. */
  error: Error | null = null;
  private rate = 1;
  private base = 0;
  private since = 0;

  constructor(
    private readonly client: SimulatedClient,
    private readonly beginsAfterMs: number,
  ) {}

  get currentTime(): number {
    const passed = Math.max(0, this.client.timeline.now - this.since) / 1000;
    return this.paused ? this.base : this.base + passed * this.rate;
  }
  set currentTime(position: number) {
    this.base = position;
    this.since = this.client.timeline.now;
  }
  get playbackRate(): number {
    return this.rate;
  }
  set playbackRate(rate: number) {
    this.currentTime = this.currentTime;
    this.rate = rate;
  }
  async play(): Promise<void> {
    this.currentTime = this.currentTime;
    if (this.paused) this.since += this.beginsAfterMs;
    this.paused = false;
  }
  pause(): void {
    this.currentTime = this.currentTime;
    this.paused = true;
  }
  load(): void {}
  removeAttribute(): void {}
  removeEventListener(): void {}
  addEventListener(event: string, listener: () => void): void {
    if (event === "canplay") this.client.timers.set(listener, 50);
  }
}

/** A host whose downloads take `loadMs` of true time; `failures` of them fail first. */
export class FakeHost {
  readonly context: FakeContext;
  readonly elements: FakeElement[] = [];
  readonly fetched: string[] = [];
  loadMs = 200;
  failures = 0;

  constructor(
    private readonly client: SimulatedClient,
    { ppm = 0, latency = 0.04 } = {},
  ) {
    this.context = new FakeContext(client, ppm, latency);
  }

  get audioHost(): AudioHost {
    const { now, timers } = this.client;
    return {
      now,
      timers,
      createContext: () => this.context as unknown as AudioContext,
      createElement: () => this.element(),
      fetchBytes: (url) => this.fetch(url),
    };
  }

  private element(): HTMLAudioElement {
    const element = new FakeElement(this.client, 70);
    this.elements.push(element);
    return element as unknown as HTMLAudioElement;
  }

  private fetch(url: string): Promise<ArrayBuffer> {
    this.fetched.push(url);
    const fails = this.failures > 0;
    if (fails) this.failures -= 1;
    return new Promise((resolve, reject) => {
      const done = () => (fails ? reject(new Error("gone")) : resolve(new ArrayBuffer(8)));
      this.client.timers.set(done, this.loadMs);
    });
  }
}
