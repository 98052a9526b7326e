"""What is no audio, or too much of it, is refused; and no file makes us open another."""

import wave
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from models.audio.process import process_track
from models.audio.recording import AudioLimits, NotAudio, TooLong
from tests.audio.files import picture, write_silent_flac, write_sound, write_video


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "track"


def an_empty_file(path: Path) -> None:
    path.write_bytes(b"")


def a_text(path: Path) -> None:
    path.write_text("It was a dark and stormy night.\n" * 500)


def a_page(path: Path) -> None:
    path.write_text("<!doctype html><script>alert(1)</script>" * 50)


def an_image(path: Path) -> None:
    path.write_bytes(picture("PNG"))


def random_bytes(path: Path) -> None:
    path.write_bytes(np.random.default_rng(3).bytes(500_000))


def an_archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("sound.mp3", b"\xff\xfb" * 5000)


def a_silent_film(path: Path) -> None:
    write_video(path, with_sound=False)


def a_header_alone(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44_100, 0, "NONE", ""))


def a_blip(path: Path) -> None:
    write_sound(path, ("wav", "pcm_s16le", 44_100), seconds=0.05)


def forty_channels(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((40, 2, 44_100, 0, "NONE", ""))
        file.writeframes(bytes(40 * 2 * 44_100))


def a_broken_mp3(path: Path) -> None:
    path.write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x64" * 20_000)


@pytest.mark.parametrize(
    "kind",
    [
        an_empty_file, a_text, a_page, an_image, random_bytes, an_archive, a_silent_film,
        a_header_alone, a_blip, forty_channels, a_broken_mp3,
    ],
)  # fmt: skip
def test_what_is_no_audio_is_refused(
    kind: Callable[[Path], None], tmp_path: Path, out: Path
) -> None:
    kind(tmp_path / "source")
    with pytest.raises(NotAudio):
        process_track(tmp_path / "source", out)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:7,\nsound.mp3\n#EXT-X-ENDLIST\n"),
        ("a.ffconcat", "ffconcat version 1.0\nfile sound.mp3\n"),
    ],
)
def test_a_list_that_names_the_servers_own_files_opens_none(
    name: str, text: str, tmp_path: Path, out: Path
) -> None:
    write_sound(tmp_path / "sound.mp3")
    (tmp_path / name).write_text(text)
    with pytest.raises(NotAudio):
        process_track(tmp_path / name, out)


def test_a_missing_file_is_not_the_uploaders_fault(tmp_path: Path, out: Path) -> None:
    with pytest.raises(FileNotFoundError):
        process_track(tmp_path / "missing", out)


def test_a_recording_may_be_too_long(tmp_path: Path, out: Path) -> None:
    with pytest.raises(TooLong):
        process_track(write_sound(tmp_path / "sound.mp3"), out, AudioLimits(max_duration_s=1.5))


def test_hours_in_a_small_file_stop_at_the_limit(tmp_path: Path, out: Path) -> None:
    source = write_silent_flac(tmp_path / "bomb.flac", hours=8)
    assert source.stat().st_size < 10 * 2**20
    with pytest.raises(TooLong):
        process_track(source, out, AudioLimits(max_duration_s=60))
    assert sum(path.stat().st_size for path in out.iterdir()) < 2**20
