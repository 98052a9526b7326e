"""Tags come from many programs, some hostile: what is stored of them is one clean line."""
# mypy: allow-untyped-calls
# (mutagen says that it is typed, and mostly is not)

from pathlib import Path

import mutagen.id3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.audio.process import process_track
from models.audio.tags import clean
from tests.audio.files import write_sound

TAGS = {"title": "Ночь ☂ été", "artist": "Björk", "album": "Début", "genre": "Electronica"}


@pytest.mark.parametrize("name", ["sound.mp3", "sound.m4a", "sound.flac", "sound.ogg", "sound.opus",
                                  "sound.webm", "sound.wma"])  # fmt: skip
def test_tags_are_read_from_every_container(name: str, tmp_path: Path) -> None:
    recording = process_track(write_sound(tmp_path / name, metadata=TAGS), tmp_path / "track")
    found = {tag: getattr(recording, tag) for tag in TAGS}
    # WebM has neither album nor genre in its own right; what it does hold is right.
    assert {tag: value for tag, value in found.items() if value}.items() <= TAGS.items()
    assert found["title"] == TAGS["title"]
    assert found["artist"] == TAGS["artist"]


def test_a_file_without_tags_has_none(tmp_path: Path) -> None:
    recording = process_track(write_sound(tmp_path / "sound.wav"), tmp_path / "track")
    assert (recording.title, recording.artist, recording.album, recording.genre) == (None,) * 4


def test_hostile_tags_in_a_real_file_come_out_clean(tmp_path: Path) -> None:
    source = write_sound(tmp_path / "sound.mp3")
    tags = mutagen.id3.ID3(source)
    tags.add(mutagen.id3.TIT2(encoding=3, text="a\x07b\u202ec\r\nd\x1b[2J"))
    tags.add(mutagen.id3.TPE1(encoding=3, text="x" * 100_000))
    tags.add(mutagen.id3.TCON(encoding=3, text="\x00\x01 \x02"))
    tags.save()
    recording = process_track(source, tmp_path / "track")
    assert recording.title == "a bc d [2J"
    assert recording.artist == "x" * 200
    assert recording.genre is None


def test_tags_that_are_not_utf_8_are_read_as_windows_1252(tmp_path: Path) -> None:
    source = write_sound(tmp_path / "sound.wav", metadata={"title": "Bj?rk & M?nchen"})
    source.write_bytes(
        source.read_bytes().replace(b"Bj?rk & M?nchen", "Björk & München".encode("cp1252"))
    )
    assert process_track(source, tmp_path / "track").title == "Björk & München"


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("a\x00b", "a b"),
        ("\x00", None),
        ("  \t\n ", None),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("\u2066iso\u2069lated", "isolated"),
        ("e\u0301", "é"),
        ("👩‍👩‍👧", "👩‍👩‍👧"),
    ],
)
def test_odd_characters_are_put_right(raw: str, kept: str | None) -> None:
    assert clean(raw) == kept


@given(st.text(st.characters(categories=None), max_size=3000))
def test_any_text_comes_out_storable(raw: str) -> None:
    kept = clean(raw)
    if kept is not None:
        kept.encode()
        assert 0 < len(kept) <= 200
        assert kept == kept.strip()
        assert "\x00" not in kept
        assert clean(kept) == kept
