import { useEffect, useRef } from "preact/hooks";
import { hearing, room } from "../app";
import { positionAt } from "../sync";
import { clockTime, spokenTime } from "./format";
import { useFrames } from "./useFrames";
import { useSeeking } from "./useSeeking";
import { type Colours, draw } from "./waveform";

/** The track's loudness, with the position that the whole room has; also a slider to change it. */
export function Waveform() {
  const playback = room.playback.signal.value;
  const isAllowed = room.isInControl.value;
  const { aim, ...handlers } = useSeeking(playback, isAllowed);
  const canvas = useRef<HTMLCanvasElement>(null);
  const slider = useRef<HTMLDivElement>(null);
  const time = useRef<HTMLSpanElement>(null);
  const painted = useRef("");
  const colours = useColours(canvas);
  const track = playback?.track ?? null;
  const duration = track?.duration ?? 0;

  useFrames(() => {
    if (canvas.current === null) return;
    const here = playback === null ? 0 : positionAt(playback, hearing.clock.serverNow());
    const shown = aim.peek() ?? here;
    const part = duration > 0 ? here / duration : 0;
    const marked = aim.peek() !== null && duration > 0 ? shown / duration : null;
    const { clientWidth, clientHeight } = canvas.current;
    const pixel = Math.round(part * clientWidth * devicePixelRatio);
    const picture = [pixel, marked, clientWidth, clientHeight, track?.id, colours.current.ahead].join();
    if (picture !== painted.current) {
      painted.current = picture;
      draw(canvas.current, track?.waveform ?? [], part, marked, colours.current);
    }
    tell(slider.current, time.current, shown, duration);
  }, [playback, duration]);

  return (
    <div class="wave">
      <span class="wave-time" ref={time}>0:00</span>
      <div
        {...handlers}
        ref={slider}
        class={`wave-slider ${isAllowed && track ? "is-allowed" : ""}`}
        role="slider"
        tabIndex={0}
        data-testid="seek"
        aria-label="Position in the track"
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={Math.round(duration)}
        aria-valuenow={0}
        aria-disabled={!isAllowed || track === null}
      >
        <canvas ref={canvas} aria-hidden="true" />
      </div>
      <span class="wave-time wave-end">{clockTime(duration)}</span>
    </div>
  );
}

/** Write the position out, once a second. */
function tell(slider: HTMLElement | null, time: HTMLElement | null, at: number, of: number): void {
  const text = clockTime(at);
  if (time === null || slider === null) return;
  if (time.textContent === text && slider.ariaValueText) return;
  time.textContent = text;
  slider.setAttribute("aria-valuenow", String(Math.floor(at)));
  slider.setAttribute("aria-valuetext", `${spokenTime(at)} of ${spokenTime(of)}`);
}

/** The colours of the style sheet, read anew when the scheme changes. */
function useColours(canvas: { readonly current: HTMLElement | null }): { current: Colours } {
  const colours = useRef<Colours>({ heard: "", ahead: "", head: "" });
  useEffect(() => {
    const read = (): void => {
      if (canvas.current === null) return;
      const style = getComputedStyle(canvas.current);
      const of = (name: string): string => style.getPropertyValue(name).trim();
      colours.current = { heard: of("--accent"), ahead: of("--wave"), head: of("--text") };
    };
    read();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", read);
    return () => dark.removeEventListener("change", read);
  }, []);
  return colours;
}
