"""Real files of many kinds, made at test time."""

import io
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame
from numpy.typing import NDArray
from PIL import Image

Sound = Callable[[NDArray[np.float64]], NDArray[np.float64]]

# By file name: the container, the codec, and the rate in Hz.
FORMATS = {
    "sound.mp3": ("mp3", "libmp3lame", 44_100),
    "sound.m4a": ("ipod", "aac", 44_100),
    "sound.aac": ("adts", "aac", 44_100),
    "sound.flac": ("flac", "flac", 44_100),
    "sound.wav": ("wav", "pcm_s16le", 44_100),
    "float.wav": ("wav", "pcm_f32le", 96_000),
    "eight-bit.wav": ("wav", "pcm_u8", 11_025),
    "sound.w64": ("w64", "pcm_s24le", 48_000),
    "sound.ogg": ("ogg", "vorbis", 44_100),
    "sound.opus": ("ogg", "libopus", 48_000),
    "sound.webm": ("webm", "libopus", 48_000),
    "sound.mka": ("matroska", "flac", 44_100),
    "sound.aiff": ("aiff", "pcm_s16be", 44_100),
    "sound.caf": ("caf", "pcm_s16be", 22_050),
    "sound.wma": ("asf", "wmav2", 44_100),
    "lossless.m4a": ("ipod", "alac", 44_100),
    "sound.ac3": ("ac3", "ac3", 48_000),
    "sound.ts": ("mpegts", "aac", 48_000),
}


def tone(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """A tone of half the full scale."""
    return 0.5 * np.sin(2 * np.pi * 440 * t)


def write_sound(
    path: Path,
    form: tuple[str, str, int] | None = None,
    *,
    seconds: float = 2.0,
    layout: str = "stereo",
    sound: Sound = tone,
    options: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
) -> Path:
    """Encode `sound` (a function of the time in seconds) to a new file, by its name's format."""
    container_format, codec, rate_hz = form or FORMATS[path.name]
    with av.open(str(path), "w", format=container_format, options=options or {}) as container:
        container.metadata.update(metadata or {})
        stream = container.add_stream(codec, rate=rate_hz, options={"strict": "experimental"})
        assert isinstance(stream, av.AudioStream)
        stream.layout = layout
        stream.bit_rate = 128_000
        stream.codec_context.open()
        context = stream.codec_context
        resampler = AudioResampler(context.format, layout, rate_hz, context.frame_size or None)
        samples = round(seconds * rate_hz)
        for start in range(0, samples, rate_hz):
            t = np.arange(start, min(start + rate_hz, samples)) / rate_hz
            block = np.repeat(sound(t)[None], len(context.layout.channels), 0)
            packed = block.T.reshape(1, -1).astype(np.float32)
            frame = AudioFrame.from_ndarray(packed, "flt", layout)
            frame.sample_rate, frame.pts = rate_hz, start
            for piece in resampler.resample(frame):
                container.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            if piece is not None:
                container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def write_video(path: Path, *, with_sound: bool) -> Path:
    """A second of film, silent or not."""
    with av.open(str(path), "w", format="mp4") as container:
        film = container.add_stream("mpeg4", rate=10)
        film.width, film.height, film.pix_fmt = 64, 64, "yuv420p"
        voice = container.add_stream("aac", rate=48_000) if with_sound else None
        if voice:
            voice.layout = "stereo"
        for _ in range(10):
            picture = VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
            container.mux(film.encode(picture))
        container.mux(film.encode(None))
        if voice:
            block = np.repeat(tone(np.arange(48_000) / 48_000)[None], 2, 0).astype(np.float32)
            frame = AudioFrame.from_ndarray(block, "fltp", "stereo")
            frame.sample_rate, frame.pts = 48_000, 0
            container.mux(voice.encode(frame))
            container.mux(voice.encode(None))
    return path


def write_silent_flac(path: Path, hours: float) -> Path:
    """Hours of silence in a small file: FLAC says "constant" once for each block."""
    rate_hz = 8_000
    block = np.zeros((1, rate_hz * 60), np.int16)
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=rate_hz)
        stream.layout = "mono"
        for minute in range(round(hours * 60)):
            frame = AudioFrame.from_ndarray(block, "s16", "mono")
            frame.sample_rate, frame.pts = rate_hz, minute * rate_hz * 60
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def picture(kind: str = "JPEG", size: tuple[int, int] = (300, 200), **options: object) -> bytes:
    """An image whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def decoded(path: Path) -> tuple[NDArray[np.float32], int]:
    """All samples of a file, (channels, samples), and their rate."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
        resampler = AudioResampler("fltp")
        blocks = [piece.to_ndarray() for frame in frames for piece in resampler.resample(frame)]
        return np.concatenate(blocks, axis=1).astype(np.float32), frames[0].sample_rate
