/** The audio context with what plays in it. */

import type { AudioHost } from "./host";
import { loadElement, MediaVoice } from "./media";
import { OutputClock } from "./output";
import { TrackShelf } from "./tracks";
import type { TrackSource } from "./types";
import { BufferVoice, type Voice } from "./voice";

/** The longest track that is decoded as a whole, s. */
const LONGEST_BUFFER_S = 1200;
/** Volume changes take about this long, so that they do not click, s. */
const FADE_S = 0.015;

export class Stage {
  readonly shelf: TrackShelf;
  private opened: { context: AudioContext; gain: GainNode; output: OutputClock } | null = null;
  private level = 1;

  /** `changed` is called when the context begins or ceases to run; `failed` when a track breaks off. */
  constructor(
    private readonly host: AudioHost,
    private readonly changed: () => void,
    private readonly failed: (error: unknown) => void,
  ) {
    this.shelf = new TrackShelf(host, () => this.context);
  }

  /** Whether sound comes out: false until a click, where the browser wants one. */
  get running(): boolean {
    return this.opened?.context.state === "running";
  }

  get context(): AudioContext {
    return this.open().context;
  }

  get output(): OutputClock {
    return this.open().output;
  }

  get volume(): number {
    return this.level;
  }

  set volume(level: number) {
    this.level = Math.min(1, Math.max(0, level));
    if (this.opened === null) return;
    const { gain, context } = this.opened;
    gain.gain.setTargetAtTime(this.level, context.currentTime, FADE_S);
  }

  /** Ask the browser to let sound out; works from a click. */
  async unlock(): Promise<void> {
    if (!this.running) await this.context.resume();
  }

  /** Load what is needed to play `track`: a decoded buffer, or an element where that suits better. */
  async voice(track: TrackSource, rate: number, signal: AbortSignal): Promise<Voice> {
    const { context, gain } = this.open();
    if (suitsBuffer(track, rate)) return new BufferVoice(context, gain, await this.shelf.load(track));
    const element = await loadElement(this.host, track.url, signal);
    return new MediaVoice(context, this.host, element, gain, this.failed);
  }

  preload(track: TrackSource): void {
    if (suitsBuffer(track, 1)) this.shelf.preload(track);
  }

  async close(): Promise<void> {
    if (this.opened === null) return;
    this.opened.context.onstatechange = null;
    await this.opened.context.close();
  }

  private open() {
    if (this.opened !== null) return this.opened;
    const context = this.host.createContext();
    const output = new OutputClock(context, this.host.now);
    const gain = context.createGain();
    gain.gain.value = this.level;
    gain.connect(context.destination);
    context.onstatechange = () => {
      output.reset();
      this.changed();
    };
    this.opened = { context, gain, output };
    return this.opened;
  }
}

/** A buffer changes its pitch with its speed, an element does not; a buffer of hours fills the memory. */
export function suitsBuffer(track: TrackSource, rate: number): boolean {
  return track.duration <= LONGEST_BUFFER_S && rate === 1;
}
