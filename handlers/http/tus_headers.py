"""The headers of tus 1.0.0 (tus.io/protocols/resumable-upload), read strictly."""

import base64
import binascii
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from aiohttp import web

from handlers.envelope import load
from handlers.http.routes import SERVICES
from models.errors import PayloadTooLarge, ValidationFailed
from models.upload import known_artist
from models.words import readable
from schemas.upload import TrackForm

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,termination"
PIECE_TYPE = "application/offset+octet-stream"
MAX_NUMBER_DIGITS = 15
TRACK_KEYS = ("name", "genre", "artistId", "artistName")


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


def checked_size(request: web.Request) -> int:
    """How many bytes there will be."""
    size = whole_number(request, "Upload-Length")
    most_mb = request.app[SERVICES].settings.max_upload_mb
    if size > most_mb * 2**20:
        raise PayloadTooLarge(f"A file has at most {most_mb} MiB.")
    if size == 0:
        raise ValidationFailed.of("Upload-Length", "too_small", "An upload has at least one byte.")
    return size


async def checked_metadata(request: web.Request) -> dict[str, Any]:
    """What the uploader says of the file: wrong is better said before it is sent than after."""
    said = metadata(request)
    form = load(TrackForm, {key: said[key] for key in TRACK_KEYS if key in said})
    await known_artist(form)
    name = readable(said.get("filename", ""))[:255]
    track = {key: str(value) for key, value in form.items()}
    raw = request.headers.get("Upload-Metadata", "")
    return {"name": name, "form": {"track": track, "metadata": raw}}


def http_date(moment: datetime) -> str:
    """As HTTP writes it: `Sat, 21 Nov 2026 12:00:00 GMT`."""
    return format_datetime(moment.astimezone(UTC), usegmt=True)
