"""Requests, declared like events; one middleware turns whatever happens into an answer."""

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import structlog
from aiohttp import web

from handlers.envelope import Envelope, failure, load, success
from handlers.metrics import REQUEST_SECONDS
from handlers.services import Services
from models.errors import NotFound, PayloadTooLarge, Unauthorized, ValidationFailed
from models.session import Session
from realtime.body import read_at_most
from schemas.base import Reply, Request

SERVICES = web.AppKey("services", Services)
MAX_BODY_BYTES = 64 * 1024
TIME_LIMIT_S = 30
STATUS = {
    "validation_failed": 400,
    "unauthorized": 401,
    "token_missing": 401,
    "token_invalid": 401,
    "token_expired": 401,
    "session_revoked": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "rate_limited": 429,
    "internal": 500,
    "unavailable": 503,
}

log = structlog.get_logger(__name__)
Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """A request with a JSON body (or none), and its answer."""

    method: str
    path: str
    request: type[Request] | None
    reply: type[Reply] | None
    status: int
    limit: str
    handler: Handler

    async def __call__(self, request: web.Request) -> web.Response:
        services = request.app[SERVICES]
        await services.limit(self.limit, f"{self.method} {self.path}", address(request))
        async with asyncio.timeout(TIME_LIMIT_S):
            payload = load(self.request, await body(request)) if self.request else {}
            result = await self.handler(request, **payload)
        return answer(success(result, self.reply), self.status)


ROUTES: list[Route] = []


def route(
    method: str,
    path: str,
    request: type[Request] | None = None,
    *,
    reply: type[Reply] | None = None,
    status: int = 200,
    limit: str = "60/m",
) -> Callable[[Handler], Handler]:
    """Declare a request; `limit` is per address."""

    def register(handler: Handler) -> Handler:
        ROUTES.append(Route(method, path, request, reply, status, limit, handler))
        return handler

    return register


def add_routes(app: web.Application) -> None:
    """Serve all that was declared."""
    for declared in ROUTES:
        app.router.add_route(declared.method, declared.path, declared.__call__)


async def body(request: web.Request) -> Any:
    """The JSON body; nothing is `{}`."""
    try:
        raw = await read_at_most(request.content, MAX_BODY_BYTES)
        if raw is None:
            raise PayloadTooLarge("The body may have at most 64 KiB.")
        return json.loads(raw) if raw.strip() else {}
    except (ValueError, RecursionError, web.RequestPayloadError):
        message = "The body must be JSON."
        wrong = [{"path": [], "code": "invalid", "message": message}]
        raise ValidationFailed(message, wrong) from None


async def signed_in(request: web.Request) -> Session:
    """The living session (with its user) of the request's Bearer token, else `Unauthorized`."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Unauthorized("Please sign in.", "token_missing")
    services = request.app[SERVICES]
    claims = services.tokens.read_access(token.strip(), services.now())
    return await Session.alive(claims.session_id, services.now())


def address(request: web.Request) -> str:
    """The client's address: the connection's, or what as many proxies as we trust say of it."""
    trusted = request.app[SERVICES].settings.trusted_proxies
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    if trusted and len(hops) >= trusted and hops[-trusted]:
        return storable(hops[-trusted])[:64]
    return request.remote or "unknown"


def storable(header: str) -> str:
    """A header's value without the half characters that stand for its bytes that are no text."""
    return header.encode(errors="replace").decode()


def answer(envelope: Envelope, status: int | None = None) -> web.Response:
    """An envelope as a response."""
    headers = {"Cache-Control": "no-store"}
    if "retryAfter" in envelope:
        headers["Retry-After"] = str(math.ceil(envelope["retryAfter"]))
    code = status or STATUS.get(envelope.get("code", ""), 500)
    return web.json_response(envelope, status=code, headers=headers)


@web.middleware
async def catch(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Time, log and answer a request; every exception leaves as an envelope."""
    if request.path.startswith("/socket.io/"):
        transport: web.StreamResponse = await handler(request)
        return transport
    began = time.perf_counter()
    with structlog.contextvars.bound_contextvars(request_id=uuid4().hex[:12]):
        response = await _try(request, handler)
        elapsed_s = time.perf_counter() - began
        resource = request.match_info.route.resource
        name = resource.canonical if resource else "unknown"
        REQUEST_SECONDS.labels(f"{request.method} {name}", response.status).observe(elapsed_s)
        log.debug("request", route=name, status=response.status, ms=round(elapsed_s * 1000, 2))
    return response


def _refused(error: web.HTTPException) -> web.Response:
    envelope = {"success": False, "error": f"{error.reason}.", "code": "validation_failed"}
    return answer(envelope, error.status)


async def _try(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except web.HTTPRequestEntityTooLarge:
        return answer(failure(PayloadTooLarge("That is too large.")))
    except web.HTTPMethodNotAllowed as error:
        refusal = answer(failure(NotFound("There is nothing at this address.")), 405)
        refusal.headers["Allow"] = error.headers["Allow"]
        return refusal
    except web.HTTPNotFound:
        return answer(failure(NotFound("There is nothing at this address.")))
    except web.HTTPException as error:
        return error if error.status < 400 else _refused(error)
    except Exception as error:  # noqa: BLE001 - the one place that catches everything
        return answer(failure(error))
    return response
