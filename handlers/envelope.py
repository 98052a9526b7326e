"""The one form of all answers, and the one place where an exception becomes an answer."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, cast
from uuid import uuid4

import structlog
from marshmallow import Schema, ValidationError

from config.database import DATABASE_DOWN
from config.redis import REDIS_DOWN
from models.cursor import Page
from models.errors import RateLimited, SoundroomError, Unavailable, ValidationFailed
from models.playback_view import PlaybackView
from schemas.base import Request, details, dump, instance
from schemas.compiled import Compiled
from schemas.playback import PlaybackReply

Envelope = dict[str, Any]
# What passes by itself: the answer is `unavailable`, and work of our own is tried again.
AWAY: tuple[type[Exception], ...] = (*DATABASE_DOWN, *REDIS_DOWN, TimeoutError)
MAX_DETAILS = 20  # enough for a person; a payload of rubbish gets no longer answer than it was
# How the current state goes over the wire that comes with a refusal.
STATES: dict[type, type[Schema]] = {PlaybackView: PlaybackReply}

log = structlog.get_logger(__name__)


def success(result: Any, reply: type[Schema] | None, *, many: bool = False) -> Envelope:
    """What a handler returned, as the contract's envelope."""
    if many:
        page = result if isinstance(result, Page) else Page(list(result))
        data = instance(reply).dump(page.items, many=True) if reply else page.items
        return {"success": True, "data": data, "meta": {"nextCursor": page.next_cursor} | page.meta}
    return {"success": True, "data": dump(reply, result) if reply else {}}


def answering(reply: type[Schema] | None, *, many: bool = False) -> Callable[[Any], Envelope]:
    """`success`, with all looked up that is the same for every answer."""
    if many or reply is None:
        return partial(success, reply=reply, many=many)
    dump = instance(reply).dump
    return lambda result: {"success": True, "data": dump(result)}


def failure(error: BaseException) -> Envelope:
    """Any exception, as the contract's envelope; what nobody foresaw is logged with an id."""
    if isinstance(error, SoundroomError):
        return _refusal(error)
    if isinstance(error, AWAY):
        log.warning("dependency away", error=type(error).__name__)
        return _refusal(Unavailable())
    error_id = uuid4().hex
    log.error("unexpected error", error_id=error_id, exc_info=error)
    sentence = "Something went wrong on our side."
    return {"success": False, "error": sentence, "code": "internal", "errorId": error_id}


def _refusal(error: SoundroomError) -> Envelope:
    answer: Envelope = {"success": False, "error": error.message, "code": error.code}
    if isinstance(error, ValidationFailed):
        answer["details"] = error.details
    if isinstance(error, RateLimited):
        answer["retryAfter"] = math.ceil(error.retry_after_s * 10) / 10
    if error.data is not None:
        state = STATES.get(type(error.data))
        answer["data"] = dump(state, error.data) if state else error.data
    return answer


def load(request: type[Request], payload: Any) -> dict[str, Any]:
    """The payload as keyword arguments, or `ValidationFailed` with all that is wrong."""
    if not isinstance(payload, dict):
        wrong = [{"path": [], "code": "invalid_type", "message": "The payload must be one object."}]
        raise ValidationFailed("The payload must be one JSON object.", wrong)
    try:
        loaded: dict[str, Any] = instance(request).load(payload)
    except ValidationError as error:
        found = details(error.messages)[:MAX_DETAILS]
        where = ".".join(map(str, found[0]["path"])) or "payload"
        raise ValidationFailed(f"{where}: {found[0]['message']}", found) from None
    return loaded


def loading(request: type[Request]) -> Callable[[Any], dict[str, Any]]:
    """`load`, with all looked up that is the same for every payload."""
    read = cast("Compiled", instance(request)).read

    def quickly(payload: Any) -> dict[str, Any]:
        if read is not None and type(payload) is dict:
            loaded: dict[str, Any] | None = read(payload)
            if loaded is not None:
                return loaded
        return load(request, payload)

    return quickly
