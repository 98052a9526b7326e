/** Drawing a track's loudness as bars, with the part that has been heard in another colour. */

const BAR_PX = 3;
const GAP_PX = 2;
const LEAST_PX = 2;

export interface Colours {
  readonly heard: string;
  readonly ahead: string;
  readonly head: string;
}

/** `count` peaks out of `peaks`, each the greatest of those that it stands for. */
export function resampled(peaks: readonly number[], count: number): number[] {
  if (peaks.length === 0) return Array.from({ length: count }, () => 0);
  return Array.from({ length: count }, (_, index) => {
    const from = Math.floor((index * peaks.length) / count);
    const to = Math.max(from + 1, Math.ceil(((index + 1) * peaks.length) / count));
    return Math.max(...peaks.slice(from, to));
  });
}

/** Draw onto the whole canvas. `part` (0 to 1) has been heard; `marked` is where a seek would go. */
export function draw(
  canvas: HTMLCanvasElement,
  peaks: readonly number[],
  part: number,
  marked: number | null,
  colours: Colours,
): void {
  const pen = canvas.getContext("2d");
  const { width, height } = fitted(canvas);
  if (pen === null || width === 0) return;
  const scale = devicePixelRatio;
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const bars = resampled(peaks, Math.max(1, Math.floor(width / (BAR_PX + GAP_PX))));
  const loudest = Math.max(0.05, ...bars);
  bars.forEach((peak, index) => {
    const left = index * (BAR_PX + GAP_PX);
    const tall = Math.max(LEAST_PX, (peak / loudest) * (height - 2));
    const heard = Math.min(1, Math.max(0, (part * width - left) / BAR_PX));
    bar(pen, left, (height - tall) / 2, tall, colours.ahead, 1);
    if (heard > 0) bar(pen, left, (height - tall) / 2, tall, colours.heard, heard);
  });
  if (marked !== null) {
    pen.fillStyle = colours.head;
    pen.fillRect(Math.min(width - 2, marked * width), 0, 2, height);
  }
}

function bar(
  pen: CanvasRenderingContext2D,
  left: number,
  top: number,
  tall: number,
  colour: string,
  part: number,
): void {
  pen.fillStyle = colour;
  pen.beginPath();
  pen.roundRect(left, top, BAR_PX * part, tall, BAR_PX / 2);
  pen.fill();
}

/** Give the canvas as many pixels as the screen has for it. */
function fitted(canvas: HTMLCanvasElement): { width: number; height: number } {
  const { clientWidth: width, clientHeight: height } = canvas;
  const [across, down] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
  if (canvas.width !== across || canvas.height !== down) {
    canvas.width = across;
    canvas.height = down;
  }
  return { width, height };
}
