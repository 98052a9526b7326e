"""Opening a stranger's file with FFmpeg, and decoding it in constant memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.stream import Disposition, Stream

from models.audio.recording import NotAudio

# FFmpeg also reads playlists (HLS, DASH, concat, SDP …), which name other files and addresses that
# it would then open: only containers that hold their own sound are let in.
_FORMATS = (
    "aac", "ac3", "aiff", "amr", "ape", "asf", "au", "avi", "caf", "eac3", "flac", "matroska",
    "mov", "mp3", "mpegts", "ogg", "w64", "wav", "wv",
)  # fmt: skip
_CODECS = frozenset(
    {
        "aac", "aac_latm", "ac3", "adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms", "alac", "amrnb",
        "amrwb", "ape", "eac3", "flac", "mp1float", "mp2float", "mp3float", "opus", "vorbis",
        "wavpack", "wmalossless", "wmapro", "wmav1", "wmav2", "pcm_alaw", "pcm_mulaw",
        "pcm_f32be", "pcm_f32le", "pcm_f64be", "pcm_f64le", "pcm_s16be", "pcm_s16le", "pcm_s24be",
        "pcm_s24le", "pcm_s32be", "pcm_s32le", "pcm_s8", "pcm_u8",
    }
)  # fmt: skip
_OPTIONS = {
    "format_whitelist": ",".join(_FORMATS),
    "codec_whitelist": ",".join(sorted(_CODECS)),
    "protocol_whitelist": "file",
}
_GAPS = 100
_RATES_HZ = range(4_000, 768_001)


class Source:
    """An opened file and the one audio stream of it that counts.

    `damaged` counts the packets that did not decode so far.
    """

    def __init__(self, container: InputContainer, stream: AudioStream) -> None:
        self.container = container
        self.stream = stream
        self.damaged = 0
        stream.codec_context.thread_count = 1

    @property
    def stated_duration_s(self) -> float | None:
        """What the file's own header says: a player's scale before it has read to the end."""
        return self.container.duration / av.time_base if self.container.duration else None

    def frames(self) -> Iterator[AudioFrame]:
        """All sound that decodes, in order; what is corrupt is left out."""
        for packet in self._packets():
            yield from self._decoded(packet)
        yield from self._decoded(None)

    def _packets(self) -> "Iterator[Packet[AudioStream]]":
        for _ in range(_GAPS):
            try:
                yield from self.container.demux(self.stream)
            except FFmpegError:  # FFmpeg stands behind the bad place and can go on from there
                self.damaged += 1
            else:
                return

    def _decoded(self, packet: "Packet[AudioStream] | None") -> list[AudioFrame]:
        try:
            return self.stream.decode(packet)
        except av.EOFError:  # the decoder was drained before
            return []
        except FFmpegError:
            self.damaged += 1
            return []


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Open a file for reading. Raises `NotAudio`, and OSError where the file itself can't be read.

    Tags that are not UTF-8 keep their bytes as surrogates, for `tags.py` to read.
    """
    with path.open("rb"):  # a file that is missing or closed to us is our fault, not the uploader's
        pass
    try:
        container = av.open(
            str(path), options=dict(_OPTIONS), metadata_errors="surrogateescape", mode="r"
        )
    except (FFmpegError, ValueError) as error:
        raise NotAudio("This file is not audio that we can read.") from error
    with container:
        yield Source(container, _audio_of(container))


def is_picture(stream: Stream) -> bool:
    """Whether this "video" is a cover, and no film."""
    return bool(stream.disposition & Disposition.attached_pic)


def _audio_of(container: InputContainer) -> AudioStream:
    for stream in container.streams.audio:
        context = stream.codec_context
        if context is not None and context.name in _CODECS and context.sample_rate in _RATES_HZ:
            return stream
    raise NotAudio("This file has no audio that we can read.")
