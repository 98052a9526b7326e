"""The one way in for events: order, validation, rights, limits, time, metrics, and the answer."""

import asyncio
import logging
from functools import partial
from time import perf_counter
from typing import Any, TypeGuard

import structlog

from config.logging import EACH_EVENT, occasion
from handlers.caller import Caller
from handlers.envelope import Envelope, failure
from handlers.metrics import EVENT_ERRORS, EVENT_TIMES
from handlers.registry import EVENTS, Event, Who
from handlers.services import Services
from models.errors import Forbidden, Unauthorized, UnknownEvent, ValidationFailed
from models.user import Role
from realtime.later import Later

EVENT_TIME_LIMIT_S = 10.0
# With so many events waiting, nothing more is read from a socket until half of them are answered.
MAX_WAITING = 64

log = structlog.get_logger(__name__)


class Job(Later):
    """One event on its way to its answer."""

    __slots__ = ("args", "began_s", "caller", "event", "name", "received_at_ms", "work")

    def __init__(self, name: str, caller: Caller, args: tuple[Any, ...], at_ms: float) -> None:
        super().__init__()
        self.name = name
        self.event = EVENTS.get(name)
        self.caller = caller
        self.args = args
        self.received_at_ms = at_ms
        self.began_s = 0.0
        self.work: asyncio.Task[Envelope] | None = None

    @property
    def known(self) -> str:
        """The event's name for metrics and logs: what clients make up is none."""
        return "unknown" if self.event is None else self.name


class Dispatcher:
    """Answers every event that a socket sends, one at a time and in the order sent."""

    def __init__(self, services: Services, time_limit_s: float = EVENT_TIME_LIMIT_S) -> None:
        self._services = services
        self._time_limit_s = time_limit_s
        self._late: set[asyncio.Task[Envelope]] = set()
        self._limits_wait = services.limiter.waits
        self._logs_each = logging.getLogger(EACH_EVENT).isEnabledFor(logging.DEBUG)

    def dispatch(self, name: str, sid: str, *args: Any) -> Envelope | Job:
        """Handle event `name` of socket `sid`: gives the acknowledgement, now or later.

        It is None for a socket that has gone.
        """
        caller: Caller | None = self._services.callers.get(sid)
        if caller is None:
            return failure(Unauthorized("You are not signed in."))
        at_ms = self._services.sio.received_at_ms
        event = EVENTS.get(name)
        if self._is_instant(event) and not (caller.turn.busy or caller.gone):
            return self._answer_now(event, caller, args, at_ms)
        job = Job(name, caller, args, at_ms)
        self._services.in_flight += 1
        caller.turn.take(partial(self._begin, job))
        if len(caller.turn) >= MAX_WAITING:
            caller.socket.pause()
        return job

    def _begin(self, job: Job) -> bool:
        """It is the event's turn; says whether it is answered already."""
        caller = job.caller
        if caller.socket.paused and len(caller.turn) <= MAX_WAITING // 2:
            caller.socket.resume()
        if caller.gone:
            self._end(job, None)
        elif self._is_instant(job.event):
            self._end(job, self._answer_now(job.event, caller, job.args, job.received_at_ms))
        else:
            self._start(job)
            return False
        return True

    def _is_instant(self, event: Event | None) -> TypeGuard[Event]:
        return event is not None and not (event.waits or self._limits_wait)

    def _answer_now(
        self, event: Event, caller: Caller, args: tuple[Any, ...], at_ms: float
    ) -> Envelope:
        """The answer of a handler that waits for nothing: it needs no task."""
        began_s = perf_counter()
        caller.received_at_ms = at_ms
        token = occasion.set((event.name, caller.user.id))
        try:
            check_token(caller)
            self._services.limit_now(event.limit, event.name, caller.user.id)
            payload = admit(event, caller, args)
            envelope = event.answer(event.handler(caller, **payload))
        except Exception as error:  # noqa: BLE001 - as below
            envelope = failure(error)
        self._count(event.name, caller, envelope, began_s)
        occasion.reset(token)
        return envelope

    def _start(self, job: Job) -> None:
        job.began_s, job.caller.received_at_ms = perf_counter(), job.received_at_ms
        loop = asyncio.get_running_loop()
        work = job.work = loop.create_task(self._try(job), name=f"event-{job.known}")
        timer = loop.call_later(self._time_limit_s, self._give_up, job)

        def finish(work: "asyncio.Task[Envelope]") -> None:
            timer.cancel()
            self._late.discard(work)
            if job.work is work:
                in_time = not work.cancelled()
                self._end(job, work.result() if in_time else failure(TimeoutError()))
                job.caller.turn.done()

        work.add_done_callback(finish)

    def _give_up(self, job: Job) -> None:
        """Answer in time, whatever the work does: a database's client may take long to end it."""
        work, job.work = job.work, None
        if work is not None:
            work.cancel()
            self._late.add(work)
            self._end(job, failure(TimeoutError()))
            job.caller.turn.done()

    async def _try(self, job: Job) -> Envelope:
        # The one place that catches everything: an event without an answer hangs its client.
        occasion.set((job.known, job.caller.user.id))
        try:
            return await self._run(job.event, job.caller, job.args)
        except Exception as error:  # noqa: BLE001
            return failure(error)

    async def _run(self, event: Event | None, caller: Caller, args: tuple[Any, ...]) -> Envelope:
        check_token(caller)
        if event is None:
            await self._services.limit("60/10s", "unknown", str(caller.user.id))
            raise UnknownEvent("There is no such event.")
        await self._services.limit(event.limit, event.name, str(caller.user.id))
        payload = admit(event, caller, args)
        result = event.handler(caller, **payload)
        return event.answer(await result if event.waits else result)

    def _end(self, job: Job, envelope: Envelope | None) -> None:
        self._services.in_flight -= 1
        if envelope is not None and job.began_s:
            self._count(job.known, job.caller, envelope, job.began_s)
        job.give(envelope)

    def _count(self, event: str, caller: Caller, envelope: Envelope, began_s: float) -> None:
        """Note how long an event took, and how it ended."""
        elapsed_s = perf_counter() - began_s
        EVENT_TIMES.observe(event, elapsed_s)
        if not envelope["success"]:
            EVENT_ERRORS.labels(event, envelope["code"]).inc()
        if self._logs_each:
            who = {"event_name": event, "user_id": str(caller.user.id)}
            log.debug("event", ms=round(elapsed_s * 1000, 2), code=envelope.get("code"), **who)


def admit(event: Event, caller: Caller, args: tuple[Any, ...]) -> dict[str, Any]:
    """The payload of an event that the caller may send, as the handler takes it."""
    if event.who is not Who.USER:
        check_who(event, caller)
    return event.load(single(args))


def single(args: tuple[Any, ...]) -> Any:
    """The one payload of an event; none means `{}`."""
    if not args:
        return {}
    if len(args) == 1:
        return args[0]
    message = "An event takes one object and nothing else."
    raise ValidationFailed(message, [{"path": [], "code": "too_many", "message": message}])


def check_token(caller: Caller) -> None:
    """`Unauthorized` once the socket's access token has expired."""
    if caller.expires_at_ms <= caller.received_at_ms:
        raise Unauthorized("Your access token has expired.", "token_expired")


def check_who(event: Event, caller: Caller) -> None:
    """`Forbidden` for guests, or for those who do not moderate: of events that are not for all."""
    user = caller.user
    if user.is_guest:
        raise Forbidden("Guests cannot do that. Please sign up.")
    if event.who is Who.MODERATOR and not user.moderates:
        raise Forbidden("Only moderators can do that.")
    if event.who is Who.ADMIN and user.role is not Role.ADMIN:
        raise Forbidden("Only administrators can do that.")
