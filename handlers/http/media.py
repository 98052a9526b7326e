"""`/media/…`: what was uploaded, with ranges; an address never changes what it serves."""

from typing import Any
from uuid import UUID

from aiohttp import web
from aiohttp.helpers import content_disposition_header

from handlers.http.routes import SERVICES
from models.attachment import FILE_NAME, Attachment
from models.errors import NotFound
from models.media import MEDIA_TYPES
from models.publication import Kind, is_canonical

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
PUBLIC = HEADERS | {"Cache-Control": "public, max-age=31536000, immutable"}
PRIVATE = HEADERS | {"Cache-Control": "private, max-age=86400, immutable"}
# What a browser shows by itself; all else it is told to save.
SHOWN = ("image/", "audio/", "video/", "text/plain")
ABSENT = "There is nothing at this address."


async def media(request: web.Request) -> web.StreamResponse:
    """A public file, whole or in ranges, with its ETag."""
    parts = request.match_info["path"].split("/")
    path = await request.app[SERVICES].media.path_of(parts)
    if path is None:
        raise NotFound(ABSENT)
    return web.FileResponse(path, headers=PUBLIC | {"Content-Type": MEDIA_TYPES[path.name]})


async def private_media(request: web.Request) -> web.StreamResponse:
    """A private file, for whoever holds its signed address; without it, it is not there."""
    services, name = request.app[SERVICES], request.match_info["id"]
    if not services.private_paths.opens(request.path, request.query, services.now()):
        raise NotFound(ABSENT)
    attachment = await Attachment.get_or_none(id=UUID(name)) if is_canonical(name) else None
    if attachment is None or attachment.path != request.path:
        raise NotFound(ABSENT)
    path = services.media.private_path(Kind.ATTACHMENTS, attachment.id, FILE_NAME)
    return web.FileResponse(path, headers=PRIVATE | described(attachment))


def described(attachment: Attachment) -> dict[str, Any]:
    """The headers that say what it is, and what it is called."""
    disposition = "inline" if attachment.mime_type.startswith(SHOWN) else "attachment"
    return {
        "Content-Type": attachment.mime_type,
        "Content-Disposition": content_disposition_header(
            disposition, filename=attachment.filename
        ),
    }


def add_media_routes(app: web.Application) -> None:
    """Serve GET and HEAD."""
    app.router.add_get("/media/attachments/{id}/{name:.+}", private_media)
    app.router.add_get("/media/{path:.+}", media)
