"""An uploaded picture comes out clean and bounded, whatever it was."""

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageCms

from models.audio import NotPicture, PictureLimits, PictureWorkers, TooManyPixels
from models.audio.clean_picture import process_picture
from models.audio.picture import Picture
from models.errors import Unavailable
from tests.audio.files import picture


def processed(folder: Path, data: bytes, limits: PictureLimits | None = None) -> Image.Image:
    """The larger file, once both have been looked at."""
    (folder / "source").write_bytes(data)
    found = process_picture(folder / "source", folder / "image", limits or PictureLimits())
    assert {path.name for path in (folder / "image").iterdir()} == {"image.webp", "thumb.webp"}
    with Image.open(folder / "image" / "thumb.webp") as thumbnail:
        assert thumbnail.format == "WEBP"
        assert max(thumbnail.size) == min(256, max(found.width, found.height))
    with Image.open(folder / "image" / "image.webp") as image:
        image.load()
        assert image.format == "WEBP"
        assert image.size == (found.width, found.height)
        return image


def colour(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    value = image.convert("RGB").getpixel((x, y))
    assert isinstance(value, tuple)
    return tuple(int(level) for level in value)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "AVIF"])
def test_each_kind_of_picture_becomes_webp(kind: str, tmp_path: Path) -> None:
    image = processed(tmp_path, picture(kind))
    assert image.size == (300, 200)
    assert colour(image, 30, 100) == pytest.approx((254, 0, 0), abs=8)
    assert colour(image, 270, 100) == pytest.approx((0, 0, 254), abs=8)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "CMYK"])
def test_each_kind_of_pixel_is_read(mode: str, tmp_path: Path) -> None:
    if mode == "I;16":
        source = Image.new(mode, (40, 30), 65_535)
    else:
        source = Image.new("RGB", (40, 30), "white").convert("L" if mode == "LA" else "RGB")
    file = io.BytesIO()
    white = source if mode == "I;16" else source.convert(mode)
    white.save(file, "JPEG" if mode == "CMYK" else "PNG")
    assert colour(processed(tmp_path, file.getvalue()), 20, 15) == pytest.approx((255,) * 3, abs=3)


def test_what_is_transparent_stays_so(tmp_path: Path) -> None:
    file = io.BytesIO()
    Image.new("RGBA", (30, 20), (255, 0, 0, 0)).save(file, "PNG")
    image = processed(tmp_path, file.getvalue())
    assert image.mode == "RGBA"
    assert image.getchannel("A").getextrema() == (0, 0)


def test_of_a_moving_picture_the_first_frame_is_kept(tmp_path: Path) -> None:
    file = io.BytesIO()
    frames = [Image.new("RGB", (30, 20), name) for name in ("red", "blue", "green")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    image = processed(tmp_path, file.getvalue())
    assert getattr(image, "n_frames", 1) == 1
    assert colour(image, 10, 10) == pytest.approx((254, 0, 0), abs=8)


def test_it_is_turned_upright_and_forgets_where_it_was_taken(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90° clockwise
    exif[0x010E] = "taken at home"
    exif.get_ifd(0x8825)[1] = "N"
    data = picture(exif=exif, comment=b"a comment")
    assert b"taken at home" in data
    image = processed(tmp_path, data)
    assert image.size == (200, 300)
    assert colour(image, 100, 20) == pytest.approx((254, 0, 0), abs=8)  # the left is the top now
    assert not image.getexif()
    for path in (tmp_path / "image").iterdir():
        kept = path.read_bytes()
        chunks = [name for name in (b"EXIF", b"ICCP", b"XMP ", b"a comment") if name in kept]
        assert chunks == []
        assert b"taken at home" not in kept


def test_its_colours_are_in_srgb(tmp_path: Path) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    # A profile in which red and blue have changed places.
    swapped = bytearray(srgb.tobytes())
    for at in range(128 + 4, 128 + 4 + 12 * struct.unpack(">I", swapped[128:132])[0], 12):
        tag = bytes(swapped[at : at + 4])
        swapped[at : at + 4] = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}.get(tag, tag)
    image = processed(tmp_path, picture("PNG", icc_profile=bytes(swapped)))
    assert colour(image, 30, 100) == pytest.approx((0, 0, 254), abs=8)
    unusable = processed(tmp_path, picture("PNG", icc_profile=lab.tobytes()))
    assert colour(unusable, 30, 100) == pytest.approx((254, 0, 0), abs=8)
    rubbish = processed(tmp_path, picture("PNG", icc_profile=b"rubbish" * 40))
    assert colour(rubbish, 30, 100) == pytest.approx((254, 0, 0), abs=8)


def test_a_large_picture_is_made_smaller(tmp_path: Path) -> None:
    assert processed(tmp_path, picture("PNG", (6000, 1500))).size == (4096, 1024)
    assert processed(tmp_path, picture("JPEG", (10_000, 100))).size == (4096, 41)


def bomb(side: int) -> bytes:
    """A PNG of that many pixels a side, in a hundred bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(bytes(1000)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("side", [8001, 12_001, 30_000])
def test_a_bomb_is_refused_by_its_header(side: int, tmp_path: Path) -> None:
    with pytest.raises(TooManyPixels) as refusal:
        processed(tmp_path, bomb(side))
    assert refusal.value.code == "payload_too_large"
    assert not (tmp_path / "image").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"no picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        picture()[:500], picture("PNG")[:60], picture("WEBP")[:50], picture("TIFF"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(NotPicture) as refusal:
        processed(tmp_path, data)
    assert refusal.value.code == "unsupported_media_type"


async def test_a_worker_finds_what_the_function_finds(tmp_path: Path) -> None:
    workers = PictureWorkers()
    (tmp_path / "source").write_bytes(picture())
    found = await workers.process(tmp_path / "source", tmp_path / "image")
    assert found == Picture(300, 200)
    assert {path.name for path in (tmp_path / "image").iterdir()} == {"image.webp", "thumb.webp"}
    (tmp_path / "source").write_bytes(bomb(30_000))
    with pytest.raises(TooManyPixels):
        await workers.process(tmp_path / "source", tmp_path / "bomb")
    await workers.close()
    with pytest.raises(Unavailable):
        await workers.process(tmp_path / "source", tmp_path / "late")


async def test_a_picture_that_takes_too_much_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(picture("PNG", (7000, 7000)))
    for workers in (PictureWorkers(memory_mb=400), PictureWorkers(time_limit_s=0.2)):
        with pytest.raises(NotPicture):
            await workers.process(tmp_path / "source", tmp_path / "image")
        await workers.close()
