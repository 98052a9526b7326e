"""What a page really plays: its samples, tapped behind the player, and when each was heard.

A page that was prepared by `listen_in` sends every sample that reaches the loudspeaker through an
AudioWorklet, which counts frames exactly; `getOutputTimestamp` says when a frame was audible. That
moves when the sound device of a busy machine falls behind, so the stamps around a moment count. The
recording is noise, so that half a second of it is found again at one place only.
"""

import base64
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from playwright.async_api import Page

RATE_HZ = 48_000
WINDOW_S = 0.4
SPAN_MS = 10_000
STAMPS = 11  # half a second of them
COARSE = 8
RATES = np.linspace(0.995, 1.005, 11)  # the player's greatest nudge either way

Samples = NDArray[np.float32]

TAP = """
registerProcessor("tap", class extends AudioWorkletProcessor {
  process([input]) {
    const samples = input[0] ? input[0].slice() : new Float32Array(128);
    this.port.postMessage({ frame: currentFrame, samples });
    return true;
  }
});
"""

LISTEN = """
(() => {
  const TAP = URL.createObjectURL(new Blob([`TAP_SOURCE`], { type: "text/javascript" }));
  const connect = AudioNode.prototype.connect;
  const heard = (window.heard = { blocks: [], stamps: [], rate: 0 });
  const taps = new Map();
  const tapOf = (context) => {
    if (!taps.has(context)) {
      taps.set(context, context.audioWorklet.addModule(TAP).then(() => {
        const tap = new AudioWorkletNode(context, "tap");
        connect.call(tap, context.destination);
        tap.port.onmessage = ({ data }) => heard.blocks.push(data);
        heard.rate = context.sampleRate;
        setInterval(() => {
          const { contextTime, performanceTime } = context.getOutputTimestamp();
          const shift = performance.timeOrigin + performanceTime - contextTime * 1000;
          heard.stamps.push([contextTime * 1000, shift]);
        }, 50);
        return tap;
      }));
    }
    return taps.get(context);
  };
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode)
      void tapOf(this.context).then((tap) => connect.call(this, tap));
    return connect.call(this, target, ...rest);
  };
})();
""".replace("TAP_SOURCE", TAP)

COLLECT = """
() => {
  const { blocks, stamps, rate } = window.heard;
  const first = blocks[0].frame;
  const last = blocks[blocks.length - 1].frame + 128;
  const samples = new Float32Array(last - first);
  for (const { frame, samples: block } of blocks) samples.set(block, frame - first);
  const bytes = new Uint8Array(samples.buffer);
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return { first, rate, stamps, samples: btoa(text) };
}
"""


class Heard:
    """What a page played, from `start_ms` to `end_ms` after the epoch."""

    def __init__(self, found: dict[str, Any]) -> None:
        raw: Samples = np.frombuffer(base64.b64decode(found["samples"]), np.float32)
        rate_hz = found["rate"]
        count = int(len(raw) / rate_hz * RATE_HZ)
        moments = np.arange(count) / RATE_HZ * rate_hz
        self.samples: Samples = np.interp(moments, np.arange(len(raw)), raw).astype(np.float32)
        self._context_ms, self._shifts_ms = np.array(found["stamps"], np.float64).T
        self._first_ms = found["first"] / rate_hz * 1000
        self.start_ms = self._first_ms + float(np.median(self._shifts_ms[:STAMPS]))
        last_ms = self._first_ms + count / RATE_HZ * 1000
        self.end_ms = last_ms + float(np.median(self._shifts_ms[-STAMPS:]))

    def window(self, at_ms: float) -> Samples:
        """The samples audible from `at_ms` on, for `WINDOW_S`; a single stamp is some ms off."""
        nearest = np.argsort(np.abs(self._context_ms + self._shifts_ms - at_ms))[:STAMPS]
        shift_ms = float(np.median(self._shifts_ms[nearest]))
        first = round((at_ms - shift_ms - self._first_ms) / 1000 * RATE_HZ)
        return self.samples[first : first + round(WINDOW_S * RATE_HZ)]


async def listen_in(page: Page) -> None:
    """Prepare a page, before it is opened, to have its sound recorded.

    Its context must bypass the content security policy, which forbids what is not our own.
    """
    await page.add_init_script(LISTEN)


async def what_was_heard(page: Page) -> Heard:
    """All that the page has played so far."""
    return Heard(await page.evaluate(COLLECT))


def noise(path: Path, seconds: float) -> Samples:
    """Write a recording of noise that is nowhere like itself; gives its samples."""
    amplitudes = np.random.default_rng(7).normal(0, 0.1, round(seconds * RATE_HZ))
    pcm = (np.clip(amplitudes, -1, 1) * 32767).astype(np.int16)
    with av.open(str(path), "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        for start in range(0, len(pcm), 4800):
            block = np.ascontiguousarray(pcm[None, start : start + 4800])
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate = RATE_HZ
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return pcm.astype(np.float32)


def position_s(window: Samples, recording: Samples) -> float | None:
    """Where in the recording the window begins, in seconds; None where it is silence or nowhere.

    Cross-correlation by the Fourier transform, at an eighth of the samples and for each of `RATES`:
    what a player plays a little faster, to catch up, is soon not like the recording any more.
    """
    if float(np.abs(window).max(initial=0.0)) < 1e-3:
        return None
    places = np.arange(len(window))
    at_rates = [_coarse(np.interp(places / rate, places, window)) for rate in RATES]
    whole = _coarse(recording)
    size = 1 << (len(whole) + len(window) // COARSE).bit_length()
    spectra = np.fft.rfft(whole, size) * np.conj(np.fft.rfft(at_rates, size))
    likeness = np.fft.irfft(spectra, size)[:, : len(whole)]
    rate, best = divmod(int(np.argmax(likeness)), len(whole))
    others = np.delete(likeness, range(max(0, best - 50), min(len(whole), best + 50)), axis=1)
    found = likeness[rate, best] > 3 * np.abs(others).max()
    return best * COARSE / RATE_HZ if found else None


def _coarse(samples: NDArray[Any]) -> NDArray[Any]:
    whole: NDArray[Any] = samples[: len(samples) // COARSE * COARSE].reshape(-1, COARSE)
    return np.asarray(whole.mean(axis=1))


def differences_ms(one: Heard, other: Heard, recording: Samples, count: int = 12) -> list[float]:
    """How far apart the two pages' audible positions were, at `count` moments of the last 10 s."""
    last = min(one.end_ms, other.end_ms)
    first = max(one.start_ms, other.start_ms, last - SPAN_MS)
    moments = np.linspace(first + 100, last - WINDOW_S * 1000 - 100, count)
    found = []
    for moment in moments:
        mine = position_s(one.window(float(moment)), recording)
        theirs = position_s(other.window(float(moment)), recording)
        if mine is not None and theirs is not None:
            found.append(abs(mine - theirs) * 1000)
    return found
