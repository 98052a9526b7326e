"""`GET /media/exports/…`: a user's own data, written as it is read."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import structlog
from aiohttp import web

from handlers.envelope import failure
from handlers.http.routes import SERVICES
from handlers.services import Services
from models.errors import NotFound, Unauthorized
from models.export import EXPORTS, sections
from models.session import Session
from models.user import User
from schemas.base import camel_case, dump
from schemas.fields import time_text
from schemas.user import OwnUserReply

LIMIT = "20/h"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Type": "application/json; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Referrer-Policy": "no-referrer",  # the address is all that it takes
}

log = structlog.get_logger(__name__)


async def export(request: web.Request) -> web.StreamResponse:
    """The document of who the address was given to, while the session lives that asked for it."""
    services = request.app[SERVICES]
    user = await owner_of(services, request.match_info["ticket"])
    await services.limit(LIMIT, "GET /media/exports", str(user.id))
    name = f'attachment; filename="soundroom-{user.username}.json"'
    response = web.StreamResponse(headers={**HEADERS, "Content-Disposition": name})
    await response.prepare(request)
    try:
        async for piece in document(user, services.now()):
            await response.write(piece)
    except Exception as error:  # noqa: BLE001 - the answer has begun: all that is left is to end it
        log.warning("export not finished", code=failure(error)["code"])
        if request.transport is not None:
            request.transport.abort()
    return response


async def owner_of(services: Services, ticket: str) -> User:
    """Whose document a ticket is for; one that is no good is as good as none."""
    try:
        shown = await EXPORTS.show(services.redis, ticket)
        return (await Session.alive(UUID(shown["session_id"]), services.now())).user
    except Unauthorized:
        raise NotFound("There is nothing at this address.") from None


async def document(user: User, now: datetime) -> AsyncIterator[bytes]:
    """The JSON in pieces, of which none is longer than a page of rows."""
    # As of now: the session's user may be a moment older.
    fresh = await User.get(id=user.id)
    yield b'{"exportedAt":%s,"user":%s' % (written(now), written(dump(OwnUserReply, fresh)))
    for section in sections(user.id):
        yield b',\n"%s":[' % camel_case(section.name).encode()
        comma = b""
        async for page in section.pages():
            if page:
                yield comma + b",\n".join(map(written, page))
                comma = b",\n"
        yield b"]"
    yield b"}\n"


def written(value: Any) -> bytes:
    """As JSON, with the names and the times of the protocol."""
    if isinstance(value, dict):
        value = {camel_case(key): each for key, each in value.items()}
    return orjson.dumps(value, default=as_text, option=orjson.OPT_PASSTHROUGH_DATETIME)


def as_text(value: Any) -> str | None:
    return time_text(value) if isinstance(value, datetime) else str(value)


def add_export_routes(app: web.Application) -> None:
    """Serve GET; nobody needs to know how long it would be."""
    app.router.add_get("/media/exports/{ticket:[^/]+}.json", export, allow_head=False)
