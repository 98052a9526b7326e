"""From an uploaded picture to two clean ones: upright, in sRGB, without a trace of its origin."""

import io
import warnings
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from models.audio.picture import (
    PICTURE_NAME,
    THUMBNAIL_NAME,
    NotPicture,
    Picture,
    PictureLimits,
    TooManyPixels,
)

# What Pillow decodes by itself or by libraries that browsers use too. Others of its formats start
# programs (EPS), or are for print and science and hold what nobody expects.
_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "AVIF")
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError)

_DEFAULT_LIMITS = PictureLimits()


def process_picture(
    source: Path, target_dir: Path, limits: PictureLimits = _DEFAULT_LIMITS
) -> Picture:
    """Read the picture `source` (of a moving one the first frame); write both sizes as WebP.

    Takes seconds of CPU and belongs in a worker. Raises `NotPicture`, `TooManyPixels` (by the
    header, before anything is decoded), or OSError where the disk fails.
    """
    picture = _read(source.read_bytes(), limits)
    target_dir.mkdir(parents=True, exist_ok=True)
    picture.save(target_dir / PICTURE_NAME, "WEBP", quality=85)
    thumbnail = picture.copy()
    thumbnail.thumbnail((limits.thumbnail_side, limits.thumbnail_side), reducing_gap=3.0)
    thumbnail.save(target_dir / THUMBNAIL_NAME, "WEBP", quality=80)
    return Picture(*picture.size)


def _read(data: bytes, limits: PictureLimits) -> Image.Image:
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            _check(image, limits)
            return _clean(image, limits.kept_side)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels("This picture has too many pixels.") from error
    except UnidentifiedImageError as error:
        raise NotPicture("This file is no picture that we can read.") from error
    except _BROKEN as error:
        raise NotPicture("This picture is broken.") from error


def _check(image: Image.Image, limits: PictureLimits) -> None:
    if max(image.size) > limits.most_side or image.width * image.height > limits.most_pixels:
        raise TooManyPixels(
            f"A picture has at most {limits.most_side:,} pixels a side,"
            f" and {limits.most_pixels:,} altogether."
        )


def _clean(image: Image.Image, side: int) -> Image.Image:
    """Smaller first: all that comes after costs less then."""
    image.draft(None, (side, side))  # a JPEG need not be decoded at its full size
    profile = image.info.get("icc_profile")
    plain = _with_even_colours(image)
    plain.thumbnail((side, side), reducing_gap=2.0)
    plain = ImageOps.exif_transpose(plain)
    alpha = plain.getchannel("A") if plain.mode in {"LA", "RGBA"} else None
    clean = _in_srgb(plain, profile)
    if alpha is not None:
        clean.putalpha(alpha)
    clean.info = {}  # what is saved takes nothing along
    return clean


def _with_even_colours(image: Image.Image) -> Image.Image:
    """In a mode in which neighbouring pixels can be mixed: no palette, 8 bits a channel."""
    if image.mode.startswith(("I", "F")):  # Pillow would cut 16 bits off at white
        return image.convert("I").point(lambda level: level * (1 / 256)).convert("L")
    if image.mode in {"P", "PA"} or "transparency" in image.info:
        return image.convert("RGBA")
    return image.convert("L") if image.mode == "1" else image


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """By its colour profile, if it has one that can be read."""
    bare = image.convert({"LA": "L", "RGBA": "RGB"}.get(image.mode, image.mode))
    if profile:
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            found = ImageCms.profileToProfile(
                bare, given, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
        except (ImageCms.PyCMSError, *_BROKEN):
            pass
        else:
            return found or bare.convert("RGB")
    return bare.convert("RGB")
