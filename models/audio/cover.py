"""The picture within a recording, made small and clean."""

import io
from pathlib import Path

from av.error import FFmpegError
from PIL import Image, ImageOps

from models.audio.source import Source, is_picture

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
_SIDE = 1024
_MOST_BYTES = 32 * 2**20


def write_cover(source: Source, target: Path, max_pixels: int) -> bool:
    """Write the file's cover to `target` as JPEG of at most 1024 by 1024 pixels.

    False where there is none, or none that can be read: a recording is as good without.
    """
    picture = _attached(source)
    if picture is None:
        return False
    try:
        cover = _small(picture, max_pixels)
        cover.save(target, "JPEG", quality=85, optimize=True, progressive=True)
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, Image.DecompressionBombError):
        target.unlink(missing_ok=True)
        return False
    return True


def _attached(source: Source) -> bytes | None:
    pictures = [stream for stream in source.container.streams if is_picture(stream)]
    if not pictures:
        return None
    pictures.sort(key=lambda stream: "front" not in stream.metadata.get("comment", "").lower())
    try:
        packet = next(source.container.demux(pictures[0]), None)
    except FFmpegError:
        return None
    return bytes(packet) if packet is not None and 0 < packet.size <= _MOST_BYTES else None


def _small(picture: bytes, max_pixels: int) -> Image.Image:
    with Image.open(io.BytesIO(picture), formats=_FORMATS) as image:
        if image.width * image.height > max_pixels:
            raise ValueError("The cover is too large.")
        image.draft("RGB", (2 * _SIDE, 2 * _SIDE))
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    upright.thumbnail((_SIDE, _SIDE))
    # A new image takes no EXIF, comment or colour profile along, and what was transparent is white.
    clean = Image.new("RGB", upright.size, "white")
    clean.paste(upright, mask=upright)
    return clean
