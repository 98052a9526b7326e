"""`/media/…`: what was uploaded, with ranges; an address never changes what it serves."""

from aiohttp import web

from handlers.http.routes import SERVICES
from models.errors import NotFound
from models.media import MEDIA_TYPES

HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


async def media(request: web.Request) -> web.StreamResponse:
    """A file, whole or in ranges, with its ETag."""
    parts = request.match_info["path"].split("/")
    path = await request.app[SERVICES].media.path_of(parts)
    if path is None:
        raise NotFound("There is nothing at this address.")
    return web.FileResponse(path, headers=HEADERS | {"Content-Type": MEDIA_TYPES[path.name]})


def add_media_routes(app: web.Application) -> None:
    """Serve GET and HEAD."""
    app.router.add_get("/media/{path:.+}", media)
