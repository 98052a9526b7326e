/** What sounds: a track that can be started at a moment and asked where it is. */

import { BUFFER_LIMITS, type Limits } from "./decide";
import { Score } from "./schedule";

export interface Voice {
  readonly limits: Limits;
  /** True while it should sound and has no data. */
  readonly buffering: boolean;
  /** True when the data broke off for good, so that it has to be loaded anew. */
  readonly lost: boolean;
  /** Sound from `offset` seconds at context time `when`; what sounded before ends there. */
  start(when: number, offset: number, rate: number): void;
  /** Go on at another rate from now. */
  setRate(rate: number): void;
  /** Be silent from now. */
  stop(): void;
  /** Be silent and never used again. */
  release(): void;
  /** Seconds into the track at a context time near now; null when it does not sound then. */
  positionAt(contextTime: number): number | null;
}

/** A rate is changed so far ahead that the audio thread has not passed the moment yet, s. */
const AHEAD = 0.02;

/** A decoded track, placed on the context's time axis to the sample. */
export class BufferVoice implements Voice {
  readonly limits = BUFFER_LIMITS;
  readonly buffering = false;
  readonly lost = false;
  private readonly score = new Score();
  private source: AudioBufferSourceNode | null = null;

  constructor(
    private readonly context: AudioContext,
    private readonly output: AudioNode,
    private readonly buffer: AudioBuffer,
  ) {}

  start(when: number, offset: number, rate: number): void {
    this.source?.stop(when);
    const source = this.context.createBufferSource();
    source.buffer = this.buffer;
    source.playbackRate.value = rate;
    source.connect(this.output);
    source.onended = () => source.disconnect();
    source.start(when, offset);
    this.source = source;
    this.score.begin(when, offset, rate);
  }

  setRate(rate: number): void {
    const when = this.context.currentTime + AHEAD;
    if (this.source === null || this.score.rateAt(when) === rate) return;
    this.source.playbackRate.setValueAtTime(rate, when);
    this.score.changeRate(when, rate);
  }

  stop(): void {
    this.source?.stop();
    this.source = null;
  }

  release(): void {
    this.stop();
  }

  positionAt(contextTime: number): number | null {
    return this.source === null ? null : this.score.positionAt(contextTime);
  }
}
