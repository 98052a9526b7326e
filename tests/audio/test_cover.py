"""The picture within a recording comes out small, upright and without a trace of its origin."""
# mypy: allow-untyped-calls
# (mutagen says that it is typed, and mostly is not)

import base64
import struct
import zlib
from pathlib import Path

import mutagen.flac
import mutagen.id3
import mutagen.mp4
import mutagen.oggopus
import pytest
from PIL import Image

from models.audio.process import process_track
from tests.audio.files import picture, write_sound


def with_cover(folder: Path, name: str, data: bytes, mime: str = "image/jpeg") -> Path:
    source = write_sound(folder / name)
    image = mutagen.flac.Picture()
    image.type, image.mime, image.data = 3, mime, data
    match source.suffix:
        case ".mp3":
            mp3 = mutagen.id3.ID3(source)
            mp3.add(mutagen.id3.APIC(encoding=3, mime=mime, type=3, desc="", data=data))
            mp3.save()
        case ".flac":
            flac = mutagen.flac.FLAC(source)
            flac.add_picture(image)
            flac.save()
        case ".m4a":
            m4a = mutagen.mp4.MP4(source)
            m4a["covr"] = [mutagen.mp4.MP4Cover(data)]
            m4a.save()
        case ".opus":
            opus = mutagen.oggopus.OggOpus(source)
            opus["metadata_block_picture"] = [base64.b64encode(image.write()).decode()]
            opus.save()
    return source


def cover_of(source: Path) -> Image.Image | None:
    folder = source.parent / "track"
    recording = process_track(source, folder)
    assert recording.duration_s == pytest.approx(2, abs=0.1)
    assert (folder / "cover.jpg").exists() == (recording.cover_name == "cover.jpg")
    if recording.cover_name is None:
        return None
    with Image.open(folder / "cover.jpg") as image:
        image.load()
        assert image.format == "JPEG"
        return image


@pytest.mark.parametrize("name", ["sound.mp3", "sound.flac", "sound.m4a", "sound.opus"])
def test_covers_are_found_in_every_container(name: str, tmp_path: Path) -> None:
    cover = cover_of(with_cover(tmp_path, name, picture()))
    assert cover is not None
    assert cover.size == (300, 200)


@pytest.mark.parametrize(("kind", "mime"), [("PNG", "image/png"), ("GIF", "image/gif")])
def test_other_kinds_of_picture_become_jpeg(kind: str, mime: str, tmp_path: Path) -> None:
    assert cover_of(with_cover(tmp_path, "sound.mp3", picture(kind), mime)) is not None


def test_an_mp3_with_a_cover_is_still_served_as_it_is(tmp_path: Path) -> None:
    source = with_cover(tmp_path, "sound.mp3", picture())
    assert process_track(source, tmp_path / "track").audio_name == "audio.mp3"


def test_a_large_cover_is_made_smaller(tmp_path: Path) -> None:
    cover = cover_of(with_cover(tmp_path, "sound.mp3", picture(size=(3000, 1500))))
    assert cover is not None
    assert cover.size == (1024, 512)


def test_a_cover_is_turned_upright_and_forgets_where_it_was_taken(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90° clockwise
    exif[0x010E] = "taken at home"
    data = picture(exif=exif, comment=b"a comment")
    cover = cover_of(with_cover(tmp_path, "sound.mp3", data))
    assert cover is not None
    assert cover.size == (200, 300)
    red, _, blue = cover.getpixel((100, 20))  # type: ignore[misc]  # the left has become the top
    assert red > 200
    assert blue < 60
    assert not cover.getexif()
    assert "comment" not in cover.info
    assert b"taken at home" not in (tmp_path / "track" / "cover.jpg").read_bytes()


def test_a_picture_bomb_is_no_cover(tmp_path: Path) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    side = 30_000
    bomb = (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )
    assert cover_of(with_cover(tmp_path, "sound.mp3", bomb, "image/png")) is None


@pytest.mark.parametrize("size", [(9000, 9000), (8000, 6000)])
def test_a_picture_of_too_many_pixels_is_no_cover(size: tuple[int, int], tmp_path: Path) -> None:
    assert cover_of(with_cover(tmp_path, "sound.mp3", picture("PNG", size), "image/png")) is None


@pytest.mark.parametrize(
    "data", [b"no picture", picture()[:200], picture("PNG")[:60], b"<svg/>" * 30]
)
def test_a_broken_picture_is_no_cover(data: bytes, tmp_path: Path) -> None:
    assert cover_of(with_cover(tmp_path, "sound.mp3", data)) is None
