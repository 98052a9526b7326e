"""What is known of a processed picture, and the ways in which a file can fail to become one."""

from dataclasses import dataclass

from models.errors import PayloadTooLarge, UnsupportedMediaType

PICTURE_NAME, THUMBNAIL_NAME = "image.webp", "thumb.webp"
PICTURE_TYPES = {PICTURE_NAME: "image/webp", THUMBNAIL_NAME: "image/webp"}


class NotPicture(UnsupportedMediaType):
    """The file holds no picture that can be decoded."""


class TooManyPixels(PayloadTooLarge):
    """The picture is small as a file, and huge in memory."""


@dataclass(frozen=True, slots=True)
class PictureLimits:
    """How large a picture is taken, and how large it is kept, in pixels."""

    most_side: int = 12_000
    most_pixels: int = 64_000_000
    kept_side: int = 4096
    thumbnail_side: int = 256


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture ready for the web, in two sizes: that of the larger, in pixels."""

    width: int
    height: int
