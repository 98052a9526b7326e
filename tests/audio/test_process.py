"""A file of any common kind becomes what a browser plays; what is no audio is refused."""

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from models.audio.original import starts_with_its_index
from models.audio.process import process_track
from tests.audio.files import (
    FORMATS,
    decoded,
    tone,
    write_silent_flac,
    write_sound,
    write_video,
)

# Formats without a count of their samples keep their encoder's priming and last filled packet.
LOOSE = {"sound.aac", "sound.ac3", "sound.ts", "sound.wma", "sound.m4a", "sound.ogg"}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "track"


@pytest.mark.parametrize("name", FORMATS)
def test_every_common_format_becomes_playable(name: str, tmp_path: Path, out: Path) -> None:
    recording = process_track(write_sound(tmp_path / name, seconds=2.345), out)
    assert recording.duration_s == pytest.approx(2.345, abs=0.1 if name in LOOSE else 0.001)
    assert len(recording.waveform) == 400
    assert max(recording.waveform) == pytest.approx(0.5, abs=0.06)
    samples, rate_hz = decoded(out / recording.audio_name)
    assert samples.shape[0] == 2
    assert rate_hz in {44_100, 48_000}
    assert samples.shape[1] / rate_hz == pytest.approx(recording.duration_s, abs=0.03)
    assert [path.name for path in out.iterdir()] == [recording.audio_name]


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"sound.mp3"}))
def test_a_rendition_begins_with_its_index(name: str, tmp_path: Path, out: Path) -> None:
    recording = process_track(write_sound(tmp_path / name), out)
    assert recording.audio_type == "audio/mp4"
    assert starts_with_its_index(out / recording.audio_name)


def test_a_rendition_sounds_like_its_source(tmp_path: Path, out: Path) -> None:
    source = write_sound(tmp_path / "sound.flac", sound=plucked, seconds=4)
    process_track(source, out)
    heard, _ = decoded(out / "audio.m4a")
    meant, _ = decoded(source)
    error = heard[:, : meant.shape[1]] - meant
    # One sample of shift would be over -20 dB.
    assert 10 * np.log10(np.mean(error**2) / np.mean(meant**2)) < -35


def plucked(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """A string plucked four times a second, with seven overtones."""
    overtones = sum(np.sin(2 * np.pi * 330 * n * t) / n for n in range(1, 9))
    return np.asarray(0.2 * np.exp(-6 * (t % 0.25)) * overtones)


def test_an_mp3_is_served_as_it_is(tmp_path: Path, out: Path) -> None:
    source = write_sound(tmp_path / "sound.mp3")
    recording = process_track(source, out)
    assert (recording.audio_name, recording.audio_type) == ("audio.mp3", "audio/mpeg")
    assert (out / "audio.mp3").read_bytes() == source.read_bytes()


def test_an_m4a_with_its_index_in_front_is_served_as_it_is(tmp_path: Path, out: Path) -> None:
    source = write_sound(tmp_path / "sound.m4a", options={"movflags": "+faststart"}, seconds=2.345)
    recording = process_track(source, out)
    assert (out / "audio.m4a").read_bytes() == source.read_bytes()
    assert recording.duration_s == pytest.approx(2.345, abs=0.0001)


@pytest.mark.parametrize(
    "options",
    [{}, {"movflags": "+frag_keyframe+empty_moov+default_base_moof"}],
    ids=["index at the end", "in fragments"],
)
def test_an_m4a_of_another_build_is_written_anew(
    options: dict[str, str], tmp_path: Path, out: Path
) -> None:
    source = write_sound(tmp_path / "sound.m4a", options=options)
    process_track(source, out)
    assert not starts_with_its_index(source)
    assert (out / "audio.m4a").read_bytes() != source.read_bytes()


def test_a_voice_memo_does_not_tell_where_it_was_made(tmp_path: Path, out: Path) -> None:
    place = {"location": "+48.2082+016.3738/"}
    source = write_sound(
        tmp_path / "sound.m4a",
        ("mp4", "aac", 44_100),
        options={"movflags": "+faststart"},
        metadata=place,
    )
    assert "location" in metadata_of(source)
    process_track(source, out)
    assert "location" not in metadata_of(out / "audio.m4a")


def metadata_of(path: Path) -> dict[str, str]:
    with av.open(str(path)) as container:
        return dict(container.metadata)


def test_a_header_that_lies_about_the_length_is_not_served(tmp_path: Path, out: Path) -> None:
    whole = write_sound(tmp_path / "sound.mp3", seconds=10).read_bytes()
    source = tmp_path / "cut.mp3"
    source.write_bytes(whole[: len(whole) // 2])
    recording = process_track(source, out)
    assert recording.audio_name == "audio.m4a"
    assert recording.duration_s == pytest.approx(5, abs=0.2)


@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("5.1", 2), ("7.1", 2)])
def test_at_most_two_channels_remain(layout: str, channels: int, tmp_path: Path, out: Path) -> None:
    process_track(write_sound(tmp_path / "sound.wav", layout=layout), out)
    assert decoded(out / "audio.m4a")[0].shape[0] == channels


def test_sound_that_changes_its_rate_in_the_middle_is_heard_to_the_end(
    tmp_path: Path, out: Path
) -> None:
    first = write_sound(tmp_path / "a.mp3", ("mp3", "libmp3lame", 44_100))
    second = write_sound(tmp_path / "b.mp3", ("mp3", "libmp3lame", 22_050), layout="mono")
    source = tmp_path / "both"
    source.write_bytes(first.read_bytes() + second.read_bytes())
    recording = process_track(source, out)
    assert recording.duration_s == pytest.approx(4, abs=0.3)
    samples, rate_hz = decoded(out / recording.audio_name)
    assert samples.shape[1] / rate_hz == pytest.approx(4, abs=0.3)


@pytest.mark.parametrize("name", ["sound.mp3", "sound.flac", "sound.ogg", "sound.opus"])
def test_corrupt_stretches_are_left_out(name: str, tmp_path: Path, out: Path) -> None:
    source = write_sound(tmp_path / name, seconds=10, sound=noise)
    data = bytearray(source.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 6000] = np.random.default_rng(1).bytes(6000)
    source.write_bytes(data)
    recording = process_track(source, out)
    assert recording.audio_name == "audio.m4a"
    assert 5 < recording.duration_s < 12
    assert decoded(out / "audio.m4a")[0].shape[1] > 5 * 44_100


def noise(t: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.random.default_rng(len(t)).uniform(-0.5, 0.5, len(t))


def test_numbers_that_are_no_numbers_become_silence(tmp_path: Path, out: Path) -> None:
    def broken(t: NDArray[np.float64]) -> NDArray[np.float64]:
        sound = tone(t)
        sound[1000:1010] = np.nan
        sound[5000:5010] = np.inf
        sound[9000] = 1e30
        return sound

    process_track(write_sound(tmp_path / "float.wav", sound=broken), out)
    samples, _ = decoded(out / "audio.m4a")
    assert np.isfinite(samples).all()
    assert samples.shape[1] > 1.9 * 48_000


def test_the_waveform_shows_where_it_is_loud(tmp_path: Path, out: Path) -> None:
    def growing(t: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.where(t < 2, 0.1, 0.8) * np.sin(2 * np.pi * 440 * t))

    waveform = process_track(write_sound(tmp_path / "a.wav", ("wav", "pcm_s16le", 48_000),
                                         seconds=4, sound=growing), out).waveform  # fmt: skip
    assert max(waveform[:200]) == pytest.approx(0.1, abs=0.005)
    assert min(waveform[200:]) == pytest.approx(0.8, abs=0.02)


def test_the_sound_of_a_film_is_taken(tmp_path: Path, out: Path) -> None:
    recording = process_track(write_video(tmp_path / "film.mp4", with_sound=True), out)
    assert recording.audio_name == "audio.m4a"
    assert recording.cover_name is None
    assert recording.duration_s == pytest.approx(1, abs=0.05)


@pytest.mark.timeout(400)
def test_two_hours_take_no_more_memory_than_a_minute(tmp_path: Path) -> None:
    minute_mb = memory_mb(write_silent_flac(tmp_path / "minute", hours=1 / 60), tmp_path / "a", 60)
    two_hours = write_silent_flac(tmp_path / "two-hours", hours=2)
    assert memory_mb(two_hours, tmp_path / "b", 7200) < minute_mb + 30


def memory_mb(source: Path, target: Path, duration_s: float) -> float:
    """The greatest memory of a process that does this one file."""
    script = (
        "import resource, sys; from pathlib import Path;"
        "from models.audio.process import process_track;"
        "recording = process_track(Path(sys.argv[1]), Path(sys.argv[2]));"
        "print(recording.duration_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script, str(source), str(target)],
        check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    assert float(printed[0]) == duration_s
    return float(printed[1])
