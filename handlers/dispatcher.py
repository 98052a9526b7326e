"""The one way in for events: order, validation, rights, limits, time, metrics, and the answer."""

import asyncio
import inspect
from contextvars import Token
from functools import cache
from time import perf_counter
from typing import Any

import structlog
from prometheus_client import Histogram

from config.logging import Occasion, occasion
from handlers.caller import Caller
from handlers.envelope import Envelope, failure, load, success
from handlers.metrics import EVENT_ERRORS, EVENT_SECONDS
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

    __slots__ = ("args", "began_s", "caller", "name", "received_at_ms", "work")

    def __init__(self, name: str, caller: Caller, args: tuple[Any, ...], at_ms: float) -> None:
        super().__init__()
        self.name = name
        self.caller = caller
        self.args = args
        self.received_at_ms = at_ms
        self.began_s = 0.0
        self.work: asyncio.Task[Envelope] | None = None

    @property
    def known(self) -> str:
        """The event's name for metrics and logs: what clients make up is none."""
        return self.name if self.name in EVENTS else "unknown"

    def occasion(self) -> Occasion:
        """What a log line says of the event at hand."""
        return {"event_name": self.known, "user_id": str(self.caller.user.id)}


class Dispatcher:
    """Answers every event that a socket sends, one at a time and in the order sent."""

    def __init__(self, services: Services, time_limit_s: float = EVENT_TIME_LIMIT_S) -> None:
        self._services = services
        self._time_limit_s = time_limit_s
        self._late: set[asyncio.Task[Envelope]] = set()

    def dispatch(self, name: str, sid: str, *args: Any) -> Envelope | Job:
        """Handle event `name` of socket `sid`: gives the acknowledgement, now or later.

        It is None for a socket that has gone.
        """
        caller: Caller | None = self._services.callers.get(sid)
        if caller is None:
            return failure(Unauthorized("You are not signed in."))
        job = Job(name, caller, args, self._services.sio.received_at_ms)
        self._services.in_flight += 1
        caller.turn.take(lambda: self._begin(job))
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
            return True
        job.began_s = perf_counter()
        caller.received_at_ms = job.received_at_ms
        if (event := EVENTS.get(job.name)) is not None and self._is_instant(event):
            self._end(job, self._answer_now(event, job))
            return True
        self._start(job, event)
        return False

    def _is_instant(self, event: Event) -> bool:
        return not (waits(event) or self._services.limiter.waits)

    def _answer_now(self, event: Event, job: Job) -> Envelope:
        """The answer of a handler that waits for nothing: it needs no task."""
        token: Token[Any] = occasion.set(job.occasion)
        try:
            check_token(job.caller)
            self._services.limit_now(event.limit, event.name, str(job.caller.user.id))
            check_who(event, job.caller)
            payload = load(event.request, single(job.args))
            return success(event.handler(job.caller, **payload), event.reply, many=event.many)
        except Exception as error:  # noqa: BLE001 - as below
            return failure(error)
        finally:
            occasion.reset(token)

    def _start(self, job: Job, event: Event | None) -> None:
        loop = asyncio.get_running_loop()
        work = job.work = loop.create_task(self._try(event, job), name=f"event-{job.known}")
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

    async def _try(self, event: Event | None, job: Job) -> Envelope:
        # The one place that catches everything: an event without an answer hangs its client.
        occasion.set(job.occasion)
        try:
            return await self._run(event, job)
        except Exception as error:  # noqa: BLE001
            return failure(error)

    async def _run(self, event: Event | None, job: Job) -> Envelope:
        caller = job.caller
        check_token(caller)
        if event is None:
            await self._services.limit("60/10s", "unknown", str(caller.user.id))
            raise UnknownEvent("There is no such event.")
        await self._services.limit(event.limit, event.name, str(caller.user.id))
        check_who(event, caller)
        payload = load(event.request, single(job.args))
        result = event.handler(caller, **payload)
        if inspect.isawaitable(result):
            result = await result
        return success(result, event.reply, many=event.many)

    def _end(self, job: Job, envelope: Envelope | None) -> None:
        self._services.in_flight -= 1
        if envelope is not None:
            seconds(job.known).observe(perf_counter() - job.began_s)
            if not envelope["success"]:
                EVENT_ERRORS.labels(job.known, envelope["code"]).inc()
        job.give(envelope)


@cache
def seconds(event: str) -> Histogram:
    """The event's own histogram: to find it costs more than to use it."""
    return EVENT_SECONDS.labels(event)


@cache
def waits(event: Event) -> bool:
    """Whether the event's handler has anything to wait for."""
    return inspect.iscoroutinefunction(event.handler)


def single(args: tuple[Any, ...]) -> Any:
    """The one payload of an event; none means `{}`."""
    if len(args) > 1:
        message = "An event takes one object and nothing else."
        raise ValidationFailed(message, [{"path": [], "code": "too_many", "message": message}])
    return args[0] if args else {}


def check_token(caller: Caller) -> None:
    """`Unauthorized` once the socket's access token has expired."""
    if caller.expires_at_ms <= caller.now_ms:
        raise Unauthorized("Your access token has expired.", "token_expired")


def check_who(event: Event, caller: Caller) -> None:
    """`Forbidden` for guests, or for those who do not moderate, where the event says so."""
    user = caller.user
    if event.who is not Who.USER and user.is_guest:
        raise Forbidden("Guests cannot do that. Please sign up.")
    if event.who is Who.MODERATOR and not user.moderates:
        raise Forbidden("Only moderators can do that.")
    if event.who is Who.ADMIN and user.role is not Role.ADMIN:
        raise Forbidden("Only administrators can do that.")
