"""Writing the web's version of a recording: AAC in MP4, its index in front."""

from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.error import FFmpegError

from models.audio.recording import NotAudio
from models.audio.source import Source
from models.audio.waveform import Samples

_BIT_RATES = {1: 112_000, 2: 192_000}
_LAYOUTS = {1: "mono", 2: "stereo"}
_LOUDEST = 4.0  # 12 dB over full scale: lossy codecs overshoot a little, broken float files wildly


class Mixer:
    """Turns whatever a decoder gives into float samples of one rate and one or two channels.

    Chained streams may change rate or channels in the middle; each stretch is converted by itself.
    """

    def __init__(self, source: Source) -> None:
        self.rate_hz = 44_100 if source.stream.sample_rate % 11_025 == 0 else 48_000
        self.channels = 1 if source.stream.channels == 1 else 2
        self._form: tuple[str, str, int] | None = None
        self._resampler: AudioResampler | None = None

    def mix(self, frame: AudioFrame) -> list[Samples]:
        """The frame as blocks of shape (channels, samples). Raises `NotAudio`."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        ended = [] if form == self._form else self.rest()
        if self._resampler is None:
            self._form = form
            self._resampler = AudioResampler("fltp", _LAYOUTS[self.channels], self.rate_hz)
        try:
            return ended + [_sane(block) for block in self._resampler.resample(frame)]
        except FFmpegError as error:
            raise NotAudio(f"Audio with channels of {form[1]!r} can't be mixed.") from error

    def rest(self) -> list[Samples]:
        """What the conversion still holds back."""
        resampler, self._resampler = self._resampler, None
        # A resampler that had nothing to do hands back the very frame, here None.
        blocks = resampler.resample(None) if resampler else []
        return [_sane(block) for block in blocks if block is not None]


def _sane(frame: AudioFrame) -> Samples:
    """The frame's samples, without the infinities that no encoder takes."""
    block = frame.to_ndarray().astype(np.float32, copy=False)
    # Compared this way round, a NaN is out of bounds too.
    if block.size and not np.abs(block).max() <= _LOUDEST:
        block = np.nan_to_num(block, nan=0.0, posinf=0.0, neginf=0.0).clip(-1, 1)
    return block


class Rendition:
    """An m4a file in the making; tags and pictures stay out of it."""

    def __init__(self, path: Path, rate_hz: int, channels: int) -> None:
        self._layout = _LAYOUTS[channels]
        self._rate_hz = rate_hz
        self._written = 0
        self._container = av.open(
            str(path), mode="w", format="ipod", options={"movflags": "+faststart"}
        )
        # FFmpeg's own advice for bit rates well above 64 kbit/s: better, and much faster.
        self._stream = self._container.add_stream(
            "aac", rate=rate_hz, options={"aac_coder": "fast"}
        )
        self._stream.layout = self._layout
        self._stream.bit_rate = _BIT_RATES[channels]
        self._stream.codec_context.thread_count = 1

    def __enter__(self) -> Self:
        return self

    def write(self, block: Samples) -> None:
        """Append samples of shape (channels, samples). Raises OSError when the disk is full."""
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), "fltp", self._layout)
        frame.sample_rate = self._rate_hz
        frame.pts = self._written
        self._written += frame.samples
        self._container.mux(self._stream.encode(frame))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()
