"""`/uploads/…`: files on their way in, streamed to disk and bounded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import BodyPartReader, web

from handlers.envelope import load, success
from handlers.http.routes import SERVICES, answer, signed_in
from handlers.services import Services
from models.attachment import Attachment, publish_attachment
from models.errors import UnsupportedMediaType, ValidationFailed
from models.image import publish_image
from models.publication import Upload
from models.upload import publish_track
from models.user import User
from schemas.base import Empty, Request
from schemas.message import AttachmentReply
from schemas.track import TrackReply
from schemas.upload import ImageReply, TrackForm

LIMIT = "60/h"
CHUNK_BYTES = 256 * 1024
STALLED_S = 60.0
MAX_IMAGE_BYTES = 10 * 2**20
MAX_ATTACHMENT_BYTES = 25 * 2**20
MAX_FIELD_BYTES = 4096
MAX_PARTS = 16


async def upload_track(request: web.Request) -> web.Response:
    """Take a recording; answers 201 with the track once it can be played by everybody."""
    services = request.app[SERVICES]
    most = services.settings.max_upload_mb * 2**20
    async with arriving(request, most, TrackForm) as (upload, user, form):
        track = await publish_track(upload, services.workers, user, form)
    return answer(success(track, TrackReply), 201)


async def upload_image(request: web.Request) -> web.Response:
    """Take a picture; answers 201 with its addresses, re-encoded and without its metadata."""
    workers = request.app[SERVICES].picture_workers
    async with arriving(request, MAX_IMAGE_BYTES, Empty) as (upload, user, _):
        image = await publish_image(upload, workers, user)
    return answer(success(image, ImageReply), 201)


async def upload_attachment(request: web.Request) -> web.Response:
    """Take a file of any kind for a message to come; answers 201 with its signed address."""
    async with arriving(request, MAX_ATTACHMENT_BYTES, Empty) as (upload, user, _):
        attachment = await publish_attachment(upload, user)
    view = attachment_view(request.app[SERVICES], attachment)
    return answer(success(view, AttachmentReply), 201)


@asynccontextmanager
async def arriving(
    request: web.Request, most_bytes: int, form: type[Request]
) -> AsyncIterator[tuple[Upload, User, dict[str, Any]]]:
    """A file that has come whole, who sends it, and what they say of it in that form."""
    services = request.app[SERVICES]
    session = await signed_in(request)
    await services.limit(LIMIT, f"POST {request.path}", str(session.user_id))
    async with services.media.upload(most_bytes) as upload:
        yield upload, session.user, load(form, await receive(request, upload))


def attachment_view(services: Services, attachment: Attachment) -> dict[str, Any]:
    """An attachment with an address of now."""
    names = ("id", "filename", "size", "mime_type", "width", "height")
    url = attachment.url(services.private_paths, services.now())
    return {name: getattr(attachment, name) for name in names} | {"url": url}


def add_upload_routes(app: web.Application) -> None:
    """Serve them beside the routes with JSON bodies."""
    app.router.add_post("/uploads/tracks", upload_track)
    app.router.add_post("/uploads/images", upload_image)
    app.router.add_post("/uploads/attachments", upload_attachment)


async def receive(request: web.Request, upload: Upload) -> dict[str, str]:
    """Stream the part `file` into `upload`; gives the text fields, whatever their order."""
    if request.content_type != "multipart/form-data":
        raise UnsupportedMediaType("Please send multipart/form-data.")
    texts: dict[str, str] = {}
    files = 0
    try:
        async for part in _parts(request):
            if part.name == "file":
                files += 1
                upload.name = part.filename or ""
                await _stream(part, upload)
            else:
                texts[part.name or ""] = await _text(part)
    except (ValueError, AssertionError, RuntimeError) as error:
        message = "That is no well-formed multipart body."
        raise ValidationFailed.of("file", "invalid", message) from error
    if files != 1:
        raise ValidationFailed.of("file", "required", "Exactly one file, in the part `file`.")
    return texts


async def _parts(request: web.Request) -> Any:
    reader = await request.multipart()
    for _ in range(MAX_PARTS):
        async with asyncio.timeout(STALLED_S):
            part = await reader.next()
        if part is None:
            return
        if not isinstance(part, BodyPartReader):
            raise ValueError("A part within a part.")  # noqa: TRY004 - said of the body, not of us
        yield part
    raise ValueError("Too many parts.")


async def _stream(part: BodyPartReader, upload: Upload) -> None:
    while True:
        async with asyncio.timeout(STALLED_S):
            chunk = await part.read_chunk(CHUNK_BYTES)
        if not chunk:
            return
        await upload.write(chunk)


async def _text(part: BodyPartReader) -> str:
    data = b""
    async with asyncio.timeout(STALLED_S):
        while len(data) <= MAX_FIELD_BYTES and (chunk := await part.read_chunk(MAX_FIELD_BYTES)):
            data += chunk
    if len(data) > MAX_FIELD_BYTES:
        raise ValueError("A field of that length.")
    return data.decode()
