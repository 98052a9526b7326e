"""`/uploads/tus`: a recording in pieces, going on after a broken connection (tus 1.0.0)."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any
from uuid import UUID

from aiohttp import web
from tortoise.exceptions import DoesNotExist

from handlers.envelope import failure
from handlers.http.routes import SERVICES, answer, route, signed_in
from handlers.http.tus_headers import (
    EXTENSIONS,
    PIECE_TYPE,
    VERSION,
    check_version,
    checked_metadata,
    checked_size,
    http_date,
    refuse_extensions,
    whole_number,
)
from handlers.resumable import start_track
from models.errors import (
    Conflict,
    NotFound,
    PayloadTooLarge,
    UnsupportedMediaType,
    ValidationFailed,
)
from models.publication import is_canonical
from models.resumable import ResumableUpload, UploadState
from models.resumable_file import Busy, ResumableFile
from models.track import Track
from models.user import User
from schemas.upload import UploadReply

PATH = "/uploads/tus"
LIMIT = "60/h"
PIECES_LIMIT = "600/m"

Handler = Callable[[web.Request, User], Awaitable[web.Response]]


def tus(handler: Handler) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A request of the protocol, by somebody who is signed in."""

    @wraps(handler)
    async def handle(request: web.Request) -> web.Response:
        check_version(request)
        user = (await signed_in(request)).user
        await request.app[SERVICES].limit(PIECES_LIMIT, PATH, str(user.id))
        try:
            return await handler(request, user)
        except Busy as error:
            return answer(failure(error), 423)

    return handle


async def options(request: web.Request) -> web.Response:
    """What this server can do."""
    most = request.app[SERVICES].settings.max_upload_mb * 2**20
    headers = {"Tus-Version": VERSION, "Tus-Max-Size": str(most), "Tus-Extension": EXTENSIONS}
    return web.Response(status=204, headers=headers)


@tus
async def create(request: web.Request, user: User) -> web.Response:
    """Begin an upload; its first bytes may come along."""
    services = request.app[SERVICES]
    refuse_extensions(request)
    size = checked_size(request)
    values = await checked_metadata(request)
    await services.limit(LIMIT, f"POST {PATH}", str(user.id))
    upload = await ResumableUpload.begin(user, services.now(), size=size, **values)
    headers = {"Location": f"{PATH}/{upload.id}", "Upload-Expires": http_date(upload.expires_at)}
    if request.content_type == PIECE_TYPE:
        headers["Upload-Offset"] = str(await take_piece(request, upload, 0))
    return web.Response(status=201, headers=headers)


@tus
async def head(request: web.Request, user: User) -> web.Response:
    """Where to go on. Who asks means to: an older request that still sends is ended."""
    upload = await named(request, user)
    offset = upload.size
    if upload.state is UploadState.RECEIVING:
        async with held(request, upload) as file:
            if upload.state is UploadState.RECEIVING:
                offset = file.offset
                await complete(request, upload, file)
        begin_track(request, upload)
    headers = {"Upload-Offset": str(offset), "Upload-Length": str(upload.size)}
    if raw := upload.form.get("metadata"):
        headers["Upload-Metadata"] = raw
    expires = {"Upload-Expires": http_date(upload.expires_at), "Cache-Control": "no-store"}
    return web.Response(headers=headers | expires)


@tus
async def patch(request: web.Request, user: User) -> web.Response:
    """The next bytes, from `Upload-Offset` on; of a torn request those are kept that came."""
    if request.content_type != PIECE_TYPE:
        raise UnsupportedMediaType(f"Please send {PIECE_TYPE}.")
    upload = await named(request, user)
    offset = await take_piece(request, upload, whole_number(request, "Upload-Offset"))
    headers = {"Upload-Offset": str(offset), "Upload-Expires": http_date(upload.expires_at)}
    return web.Response(status=204, headers=headers)


async def take_piece(request: web.Request, upload: ResumableUpload, offset: int) -> int:
    """Append the request's body to the upload; how far it is then."""
    refuse_more(upload)
    async with held(request, upload, offset) as file:
        refuse_more(upload)
        rest = upload.size - offset
        if (request.content_length or 0) > rest:
            raise PayloadTooLarge("These are more bytes than the upload has.")
        await file.fill(lambda: next_bytes(request), rest)
        await complete(request, upload, file)
    begin_track(request, upload)
    return file.offset


def refuse_more(upload: ResumableUpload) -> None:
    """To what is whole nothing is added."""
    if upload.state is not UploadState.RECEIVING:
        raise Conflict("This upload is whole already.")


async def complete(request: web.Request, upload: ResumableUpload, file: ResumableFile) -> None:
    """With its last byte on the disk, an upload waits to be made a track of."""
    if file.offset == upload.size:
        await file.sync()
        await upload.process(request.app[SERVICES].now())


async def next_bytes(request: web.Request) -> bytes:
    """What has come of the body; nothing at its end."""
    try:
        return await request.content.readany()
    except (ConnectionError, web.RequestPayloadError) as error:
        raise ValidationFailed.of("body", "invalid", "The connection broke.") from error


@tus
async def delete(request: web.Request, user: User) -> web.Response:
    """Give an upload up, or forget one that has come to its end; its track stays."""
    upload = await named(request, user)
    refuse_while_processed(upload)
    async with held(request, upload) as file:
        refuse_while_processed(upload)
        await upload.delete()
        await file.remove()
    return web.Response(status=204)


def refuse_while_processed(upload: ResumableUpload) -> None:
    if upload.state is UploadState.PROCESSING:
        raise Conflict("This upload is being processed.")


@route("GET", PATH + "/{id}", reply=UploadReply, limit=PIECES_LIMIT)
async def state(request: web.Request) -> dict[str, Any]:
    """What has become of an upload that can be resumed: for pages, and not of the protocol."""
    upload = await named(request, (await signed_in(request)).user)
    offset = upload.size
    if upload.state is UploadState.RECEIVING:
        offset = await request.app[SERVICES].resumable.size_of(upload.id)
    tracks = Track.filter(id=upload.track_id, deleted_at__isnull=True).select_related("artist")
    track = await tracks.first() if upload.track_id else None
    shown = {"id": upload.id, "state": upload.state, "size": upload.size, "offset": offset}
    return shown | {"track": track, "error": upload.error}


async def named(request: web.Request, user: User) -> ResumableUpload:
    """The user's own upload of the path's id; another's does not exist for them."""
    upload_id = request.match_info["id"]
    if not is_canonical(upload_id):
        raise NotFound("There is no such upload.")
    return await ResumableUpload.of(user.id, UUID(upload_id), request.app[SERVICES].now())


@asynccontextmanager
async def held(
    request: web.Request, upload: ResumableUpload, at: int | None = None
) -> AsyncIterator[ResumableFile]:
    """The upload's file alone, and the row as it is then: in between it may have gone on."""
    async with request.app[SERVICES].resumable.held(upload.id, at) as file:
        try:
            await upload.refresh_from_db()
        except DoesNotExist:
            await file.remove()
            raise NotFound("There is no such upload.") from None
        yield file


def begin_track(request: web.Request, upload: ResumableUpload) -> None:
    """Of an upload that has come whole, with nobody at its file any more."""
    if upload.state is UploadState.PROCESSING:
        services = request.app[SERVICES]
        start_track(services, upload.id)


async def override(request: web.Request) -> web.Response:
    """POST with `X-HTTP-Method-Override`, for those whose proxies let no other method through."""
    methods = {"PATCH": patch, "DELETE": delete}
    handler = methods.get(request.headers.get("X-HTTP-Method-Override", ""))
    if handler is None:
        raise web.HTTPMethodNotAllowed("POST", ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH"])
    return await handler(request)


async def mark(request: web.Request, response: web.StreamResponse) -> None:
    """Each answer says which version it speaks, refusals too."""
    if request.path == PATH or request.path.startswith(f"{PATH}/"):
        response.headers["Tus-Resumable"] = VERSION
        if response.status == 412:
            response.headers["Tus-Version"] = VERSION


def add_tus_routes(app: web.Application) -> None:
    """Serve the protocol."""
    app.on_response_prepare.append(mark)
    one = PATH + "/{id}"
    for path in (PATH, one):
        app.router.add_route("OPTIONS", path, options)
    app.router.add_post(PATH, create)
    app.router.add_head(one, head)
    app.router.add_patch(one, patch)
    app.router.add_delete(one, delete)
    app.router.add_post(one, override)
