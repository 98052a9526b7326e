"""What is known of a processed recording, and the ways in which a file can fail to become one."""

from dataclasses import dataclass

from models.errors import UnsupportedMediaType

AUDIO_TYPES = {"audio.m4a": "audio/mp4", "audio.mp3": "audio/mpeg"}
COVER_TYPES = {"cover.jpg": "image/jpeg"}
WAVEFORM_PEAKS = 400


class NotAudio(UnsupportedMediaType):
    """The file holds no sound that can be decoded."""


class TooLong(NotAudio):
    """The recording lasts longer than `AudioLimits.max_duration_s`."""


class WorkerCrashed(NotAudio):
    """The process that read this file died of it, or did not finish within its time limit."""


@dataclass(frozen=True, slots=True)
class AudioLimits:
    """How much of a file is taken.

    `min_duration_s` keeps out blips that a room on repeat would start many times a second;
    `cover_max_pixels` refuses pictures that are small as a file and huge in memory.
    """

    max_duration_s: float = 6 * 3600.0
    min_duration_s: float = 0.1
    cover_max_pixels: int = 40_000_000


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording ready for the web, its files beside each other in one folder.

    `duration_s` counts decoded samples. `waveform` is 400 peaks of absolute amplitude, 0 to 1 of
    full scale, three digits. Tags are at most 200 characters, free of control characters, or None.
    `audio_name` is a key of `AUDIO_TYPES`; `cover_name` is of `COVER_TYPES`, or None.
    """

    duration_s: float
    title: str | None
    artist: str | None
    album: str | None
    genre: str | None
    audio_name: str
    cover_name: str | None
    waveform: tuple[float, ...]

    @property
    def audio_type(self) -> str:
        """The MIME type of the audio file."""
        return AUDIO_TYPES[self.audio_name]
