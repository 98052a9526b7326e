"""Which other pages may call us, by the settings; no cookies are ever involved."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from handlers.http.routes import SERVICES

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ALLOWED_HEADERS = (
    "Authorization, Content-Type, Range, Tus-Resumable, Upload-Length, Upload-Metadata, "
    "Upload-Offset, X-HTTP-Method-Override, X-Request-ID"
)
EXPOSED_HEADERS = (
    "Retry-After, Content-Range, Accept-Ranges, ETag, Location, Tus-Resumable, Tus-Version, "
    "Tus-Max-Size, Tus-Extension, Upload-Offset, Upload-Length, Upload-Metadata, Upload-Expires"
)


@web.middleware
async def cors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer preflights, and mark answers for the origins that are allowed."""
    if request.path.startswith("/socket.io/"):
        return await handler(request)
    origin = allowed_origin(request)
    if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
        response: web.StreamResponse = web.Response(status=204)
    else:
        response = await handler(request)
    response.headers["Vary"] = "Origin"
    if origin and not response.prepared:
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Access-Control-Expose-Headers"] = EXPOSED_HEADERS
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, HEAD, PATCH, DELETE"
            response.headers["Access-Control-Max-Age"] = "600"
    return response


def allowed_origin(request: web.Request) -> str | None:
    """The request's origin, if its page may call us."""
    allowed = request.app[SERVICES].settings.page_origins
    origin = request.headers.get("Origin")
    return origin if "*" in allowed or origin in allowed else None
