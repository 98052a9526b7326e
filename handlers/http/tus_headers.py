"""The headers of tus 1.0.0 (tus.io/protocols/resumable-upload), read strictly."""

import base64
import binascii
from datetime import UTC, datetime
from email.utils import format_datetime

from aiohttp import web

from models.errors import ValidationFailed

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination"
PIECE_TYPE = "application/offset+octet-stream"
MAX_NUMBER_DIGITS = 15


def check_version(request: web.Request) -> None:
    """412 where the client speaks another version, or does not say which."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise web.HTTPPreconditionFailed(reason=f"This server speaks tus {VERSION}")


def refuse_extensions(request: web.Request) -> None:
    """Uploads of unknown length and uploads put together out of others are not taken."""
    for name in ("Upload-Defer-Length", "Upload-Concat"):
        if name in request.headers:
            raise ValidationFailed.of(name, "invalid", f"{name} is not supported.")


def whole_number(request: web.Request, name: str) -> int:
    """A header that must be there, and a number from 0."""
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_NUMBER_DIGITS):
        raise ValidationFailed.of(name, "invalid", f"{name} must be a whole number.")
    return int(text)


def metadata(request: web.Request) -> dict[str, str]:
    """`Upload-Metadata`: pairs of a key and its value in Base64, which must be UTF-8."""
    found: dict[str, str] = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, value = pair.strip().partition(" ")
        if not key and not value:
            continue
        try:
            text = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            text = None
        if text is None or not key or not key.isascii() or key in found:
            message = "Upload-Metadata must list keys with values in Base64, each key once."
            raise ValidationFailed.of("Upload-Metadata", "invalid", message)
        found[key] = text
    return found


def http_date(moment: datetime) -> str:
    """As HTTP writes it: `Sat, 21 Nov 2026 12:00:00 GMT`."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
