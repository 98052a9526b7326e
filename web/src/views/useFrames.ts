import { useEffect } from "preact/hooks";

const CALM_MS = 250;

/** Run `paint` for every frame, or a few times a second for those who want less motion. */
export function useFrames(paint: () => void, dependencies: readonly unknown[]): void {
  useEffect(() => {
    const calm = matchMedia("(prefers-reduced-motion: reduce)");
    let paintedAt = -Infinity;
    let handle = 0;
    const frame = (at: number): void => {
      handle = requestAnimationFrame(frame);
      if (calm.matches && at - paintedAt < CALM_MS) return;
      paintedAt = at;
      paint();
    };
    handle = requestAnimationFrame(frame);
    return () => cancelAnimationFrame(handle);
  }, dependencies);
}
