/** Long tracks and other speeds: a media element, which streams and keeps the pitch. */

import { MEDIA_LIMITS } from "./decide";
import type { AudioHost } from "./host";
import type { Voice } from "./voice";

/** `HTMLMediaElement.HAVE_FUTURE_DATA`: enough to go on playing. */
const HAVE_FUTURE_DATA = 3;

/** A media element that plays through the audio context, started by a timer. */
export class MediaVoice implements Voice {
  readonly limits = MEDIA_LIMITS;
  private timer: unknown = null;
  private sounding = false;

  private readonly node: AudioNode;

  constructor(
    private readonly context: AudioContext,
    private readonly host: AudioHost,
    private readonly element: HTMLAudioElement,
    output: AudioNode,
    private readonly failed: (error: unknown) => void,
  ) {
    this.node = context.createMediaElementSource(element);
    this.node.connect(output);
  }

  get buffering(): boolean {
    return this.sounding && this.element.readyState < HAVE_FUTURE_DATA;
  }

  get lost(): boolean {
    return this.element.error !== null;
  }

  start(when: number, offset: number, rate: number): void {
    this.host.timers.clear(this.timer);
    const delay = Math.max(0, when - this.context.currentTime);
    this.element.preservesPitch = true;
    if (delay > 0.05) this.prepare(offset);
    this.timer = this.host.timers.set(() => this.play(when, offset, rate), delay * 1000);
  }

  setRate(rate: number): void {
    if (this.element.playbackRate !== rate) this.element.playbackRate = rate;
  }

  stop(): void {
    this.host.timers.clear(this.timer);
    this.element.pause();
    this.sounding = false;
  }

  release(): void {
    this.stop();
    this.node.disconnect();
    this.element.removeAttribute("src");
    this.element.load();
  }

  positionAt(contextTime: number): number | null {
    if (!this.sounding || this.element.paused) return null;
    const sinceThen = this.context.currentTime - contextTime;
    return this.element.currentTime - sinceThen * this.element.playbackRate;
  }

  /** Be at the right place already when the moment comes, unless it still sounds elsewhere. */
  private prepare(offset: number): void {
    if (!this.sounding) this.element.currentTime = offset;
  }

  private play(when: number, offset: number, rate: number): void {
    const late = Math.max(0, this.context.currentTime - when);
    const place = offset + late * rate;
    if (Math.abs(this.element.currentTime - place) > 0.005) this.element.currentTime = place;
    this.element.playbackRate = rate;
    this.sounding = true;
    this.element.play().catch((error: unknown) => {
      if (!isInterruption(error)) this.failed(error);
    });
  }
}

/** A pause that comes before the element began rejects `play()`: nothing went wrong. */
function isInterruption(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** Point a new element at `url` and wait until it can play; rejects when it cannot. */
export function loadElement(host: AudioHost, url: string, signal: AbortSignal): Promise<HTMLAudioElement> {
  const element = host.createElement();
  element.crossOrigin = "anonymous";
  element.preload = "auto";
  return new Promise((resolve, reject) => {
    const refuse = (why: string) => () => {
      element.removeAttribute("src");
      reject(new Error(why));
    };
    const broken = refuse("The track cannot be played.");
    const unwanted = refuse("No longer wanted.");
    const loaded = (): void => {
      element.removeEventListener("error", broken);
      signal.removeEventListener("abort", unwanted);
      resolve(element);
    };
    element.addEventListener("canplay", loaded, { once: true });
    element.addEventListener("error", broken, { once: true });
    signal.addEventListener("abort", unwanted, { once: true });
    element.src = url;
    element.load();
  });
}
