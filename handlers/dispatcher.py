"""The one way in for events: order, validation, rights, limits, time, metrics, and the answer."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import structlog

from handlers.caller import Caller
from handlers.envelope import Envelope, failure, load, success
from handlers.metrics import EVENT_ERRORS, EVENT_SECONDS
from handlers.registry import EVENTS, Event, Who
from handlers.services import Services
from models.errors import Forbidden, Unauthorized, UnknownEvent, ValidationFailed
from models.user import Role

EVENT_TIME_LIMIT_S = 10.0
MAX_WAITING = 1024

log = structlog.get_logger(__name__)


class Dispatcher:
    """Answers every event that a socket sends, one at a time and in the order sent."""

    def __init__(self, services: Services, time_limit_s: float = EVENT_TIME_LIMIT_S) -> None:
        self._services = services
        self._time_limit_s = time_limit_s
        self._late: set[asyncio.Task[Envelope]] = set()

    async def dispatch(self, name: str, sid: str, *args: Any) -> Envelope | None:
        """Handle event `name` of socket `sid`; what is returned is the acknowledgement."""
        caller: Caller | None = self._services.callers.get(sid)
        if caller is None:
            # With polling, an event can arrive while the token is still being checked.
            return failure(Unauthorized("You are not signed in."))
        if caller.waiting >= MAX_WAITING:
            self._services.sio.cut_off(caller.eio_sid, "too many events waiting")
            return None
        caller.waiting += 1
        self._services.in_flight += 1
        try:
            async with caller.turn:
                return None if caller.gone else await self._answer(name, caller, args)
        finally:
            caller.waiting -= 1
            self._services.in_flight -= 1

    async def _answer(self, name: str, caller: Caller, args: tuple[Any, ...]) -> Envelope:
        began = time.perf_counter()
        known = name if name in EVENTS else "unknown"
        with structlog.contextvars.bound_contextvars(
            request_id=uuid4().hex[:12], event_name=known, user_id=str(caller.user.id)
        ):
            envelope = await self._try(name, caller, args)
            elapsed_s = time.perf_counter() - began
            EVENT_SECONDS.labels(known).observe(elapsed_s)
            if not envelope["success"]:
                EVENT_ERRORS.labels(known, envelope["code"]).inc()
            log.debug("event", ms=round(elapsed_s * 1000, 2), code=envelope.get("code"))
        return envelope

    async def _try(self, name: str, caller: Caller, args: tuple[Any, ...]) -> Envelope:
        # The one place that catches everything: an event without an answer hangs its client.
        # In a task of its own, since what a database's client does may take long to be cancelled.
        loop = asyncio.get_running_loop()
        work = loop.create_task(self._run(name, caller, args), name=f"event-{name[:32]}")
        try:
            await asyncio.wait((work,), timeout=self._time_limit_s)
            in_time = work.done() and not work.cancelled()
            return work.result() if in_time else failure(TimeoutError())
        except Exception as error:  # noqa: BLE001
            return failure(error)
        finally:
            if not work.done():
                self._give_up(work)

    def _give_up(self, work: asyncio.Task[Envelope]) -> None:
        work.cancel()
        self._late.add(work)
        work.add_done_callback(self._forget)

    def _forget(self, work: asyncio.Task[Envelope]) -> None:
        self._late.discard(work)
        if not work.cancelled() and (error := work.exception()) is not None:
            log.warning("late event failed", error=type(error).__name__)

    async def _run(self, name: str, caller: Caller, args: tuple[Any, ...]) -> Envelope:
        if caller.expires_at <= caller.now:
            raise Unauthorized("Your access token has expired.", "token_expired")
        event = EVENTS.get(name)
        if event is None:
            await self._services.limit("60/10s", "unknown", str(caller.user.id))
            raise UnknownEvent("There is no such event.")
        await self._services.limit(event.limit, event.name, str(caller.user.id))
        check_who(event, caller)
        payload = load(event.request, single(args))
        return success(await event.handler(caller, **payload), event.reply, many=event.many)


def single(args: tuple[Any, ...]) -> Any:
    """The one payload of an event; none means `{}`."""
    if len(args) > 1:
        message = "An event takes one object and nothing else."
        raise ValidationFailed(message, [{"path": [], "code": "too_many", "message": message}])
    return args[0] if args else {}


def check_who(event: Event, caller: Caller) -> None:
    """`Forbidden` for guests, or for those who do not moderate, where the event says so."""
    user = caller.user
    if event.who is not Who.USER and user.is_guest:
        raise Forbidden("Guests cannot do that. Please sign up.")
    if event.who is Who.MODERATOR and not user.moderates:
        raise Forbidden("Only moderators can do that.")
    if event.who is Who.ADMIN and user.role is not Role.ADMIN:
        raise Forbidden("Only administrators can do that.")
