import { type Signal, useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Playback } from "../api/types";
import { commands, hearing, watch } from "../app";
import { positionAt } from "../sync";

/** Keys are held down: the seek goes out when they rest, ms. */
const REST_MS = 300;
const STEPS: Record<string, number> = {
  ArrowLeft: -5,
  ArrowDown: -5,
  ArrowRight: 5,
  ArrowUp: 5,
  PageDown: -30,
  PageUp: 30,
  Home: -Infinity,
  End: Infinity,
};

interface Seeking {
  /** Where a seek would go, or is going, in seconds. */
  readonly aim: Signal<number | null>;
  readonly onKeyDown: (event: KeyboardEvent) => void;
  readonly onPointerDown: (event: PointerEvent) => void;
  readonly onPointerMove: (event: PointerEvent) => void;
  readonly onPointerUp: (event: PointerEvent) => void;
  readonly onPointerCancel: () => void;
}

/** Seeking in `playback` by pointer and keys; nothing happens where one may not. */
export function useSeeking(playback: Playback | null, isAllowed: boolean): Seeking {
  const aim = useSignal<number | null>(null);
  const dragging = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const duration = playback?.track?.duration ?? 0;
  const isIdle = !isAllowed || duration === 0 || playback === null;

  const commit = (): void => {
    const target = aim.peek();
    if (target === null) return;
    const done = commands.seek(target).finally(() => {
      if (aim.peek() === target) aim.value = null;
    });
    watch(done);
  };
  const point = ({ clientX, currentTarget }: PointerEvent): void => {
    const { left, width } = (currentTarget as HTMLElement).getBoundingClientRect();
    aim.value = clamped((clientX - left) / width, 1) * duration;
  };

  return {
    aim,
    onKeyDown(event) {
      const step = STEPS[event.key];
      if (isIdle || step === undefined) return;
      event.preventDefault();
      const from = aim.peek() ?? positionAt(playback, hearing.clock.serverNow());
      // The very end would be the next track.
      aim.value = clamped(from + step, Math.max(0, duration - 1));
      clearTimeout(timer.current);
      timer.current = setTimeout(commit, REST_MS);
    },
    onPointerDown(event) {
      if (isIdle || event.button !== 0) return;
      dragging.current = true;
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
      point(event);
    },
    onPointerMove(event) {
      if (dragging.current) point(event);
    },
    onPointerUp(event) {
      if (!dragging.current) return;
      dragging.current = false;
      point(event);
      commit();
    },
    onPointerCancel() {
      dragging.current = false;
      aim.value = null;
    },
  };
}

function clamped(value: number, most: number): number {
  return Math.min(most, Math.max(0, value));
}
