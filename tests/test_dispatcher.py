"""The way in for events: order, answers to whatever happens, time, rights, floods."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from handlers.caller import Caller
from handlers.dispatcher import MAX_WAITING, Dispatcher, Job
from handlers.envelope import Envelope
from handlers.registry import EVENTS, Event, Handler, Who
from models.errors import Conflict, Forbidden, RateLimited
from models.user import Role, User
from schemas.base import Request
from schemas.fields import Text
from tests.silent import SilentSocket

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Said(Request):
    text = Text(0, 100)


class House:
    """What a dispatcher needs of a process, without a network."""

    def __init__(self) -> None:
        self.callers: dict[str, Caller] = {}
        self.in_flight = 0
        self.sio = SimpleNamespace(received_at_ms=NOW.timestamp() * 1000)
        self.limiter = SimpleNamespace(waits=False)
        self.clock = SimpleNamespace(now_ms=lambda: NOW.timestamp() * 1000)
        self.limited: list[str] = []

    async def limit(self, _limit: str, name: str, _who: str) -> None:
        if name in self.limited:
            raise RateLimited(2.34)

    def limit_now(self, _limit: str, name: str, _who: str) -> None:
        if name in self.limited:
            raise RateLimited(2.34)

    def now(self) -> datetime:
        return NOW

    def seat(self, sid: str = "socket", *, role: Role = Role.USER, guest: bool = False) -> Caller:
        """A signed-in socket."""
        user = User(username="ada", role=role, is_guest=guest)
        services: Any = self
        expires_at = NOW + timedelta(minutes=15)
        caller = Caller(services, sid, SilentSocket(), user, uuid4(), expires_at)
        self.callers[sid] = caller
        return caller

    def dispatcher(self, time_limit_s: float = 5) -> "Ask":
        services: Any = self
        return Ask(Dispatcher(services, time_limit_s))


class Ask:
    """A dispatcher whose answers can be awaited."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self.inner = dispatcher

    async def dispatch(self, name: str, sid: str, *args: Any) -> Envelope | None:
        answer = self.inner.dispatch(name, sid, *args)
        if not isinstance(answer, Job):
            return answer
        come: asyncio.Future[Envelope | None] = asyncio.get_running_loop().create_future()
        answer.then(come.set_result)
        return await come


@pytest.fixture
def house() -> House:
    """No server is started for these tests."""
    return House()


@contextmanager
def declared(handler: Handler, *, who: Who = Who.USER, name: str = "test:it") -> Iterator[None]:
    """The event exists while the block runs."""
    EVENTS[name] = Event(name, Said, None, many=False, who=who, limit="9/s", handler=handler)
    yield
    del EVENTS[name]


def fails_with(error: BaseException) -> Handler:
    async def handler(_caller: Caller, **_payload: Any) -> None:
        raise error

    return handler


async def fine(_caller: Caller, **_payload: Any) -> None:
    """Does nothing."""


async def test_events_of_one_socket_wait_for_each_other_and_others_do_not(house: House) -> None:
    log: list[str] = []
    gate = asyncio.Event()

    async def handler(caller: Caller, text: str) -> None:
        log.append(f"{caller.sid} begins {text}")
        await gate.wait()
        log.append(f"{caller.sid} ends {text}")

    house.seat("a")
    house.seat("b")
    dispatch = house.dispatcher().dispatch
    with declared(handler):
        sent = [("a", "1"), ("a", "2"), ("b", "1"), ("a", "3")]
        runs = [asyncio.create_task(dispatch("test:it", s, {"text": t})) for s, t in sent]
        for _ in range(10):
            await asyncio.sleep(0)
        assert log == ["a begins 1", "b begins 1"]
        assert house.in_flight == 4
        gate.set()
        await asyncio.gather(*runs)
    assert [line for line in log if line.startswith("a")] == [
        f"a {what} {n}" for n in (1, 2, 3) for what in ("begins", "ends")
    ]
    assert house.in_flight == 0


async def test_what_takes_too_long_is_unavailable_and_the_next_goes_on(house: House) -> None:
    ended = []

    async def handler(_caller: Caller, text: str = "") -> None:
        if text == "slow":
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(text)

    house.seat()
    dispatch = house.dispatcher(time_limit_s=0.02).dispatch
    with declared(handler):
        first, second = await asyncio.gather(
            dispatch("test:it", "socket", {"text": "slow"}), dispatch("test:it", "socket", {})
        )
    assert first is not None
    assert (first["success"], first["code"]) == (False, "unavailable")
    assert second == {"success": True, "data": {}}
    assert ended == ["slow"]


@pytest.mark.parametrize(
    "error", [RuntimeError("secret detail"), KeyError("x"), AssertionError(), RecursionError()]
)
async def test_what_nobody_foresaw_is_answered_with_an_id_that_the_log_knows(
    house: House, error: Exception
) -> None:
    house.seat()
    with declared(fails_with(error)), capture_logs() as logs:
        answer = await house.dispatcher().dispatch("test:it", "socket", {})
    assert answer is not None
    assert (answer["success"], answer["code"]) == (False, "internal")
    assert "secret" not in str(answer)
    (line,) = [line for line in logs if line["event"] == "unexpected error"]
    assert line["error_id"] == answer["errorId"]
    assert line["exc_info"] is error


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (Conflict("Taken.", data={"version": 3}), {"code": "conflict", "data": {"version": 3}}),
        (Forbidden("No."), {"code": "forbidden"}),
        (RateLimited(1.201), {"code": "rate_limited", "retryAfter": 1.3}),
        (TimeoutError(), {"code": "unavailable"}),
        (ConnectionResetError(), {"code": "unavailable"}),
    ],
)
async def test_a_foreseen_error_is_its_code(
    house: House, error: Exception, answer: dict[str, Any]
) -> None:
    house.seat()
    with declared(fails_with(error)):
        found = await house.dispatcher().dispatch("test:it", "socket", {})
    assert found is not None
    assert answer.items() <= found.items()
    assert found["error"].endswith(".")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), None),
        (({},), None),
        ((None,), "invalid_type"),
        (([],), "invalid_type"),
        (("x",), "invalid_type"),
        (({}, {}), "too_many"),
        (({}, None), "too_many"),
    ],
)
async def test_an_event_has_one_object_or_nothing(
    house: House, arguments: tuple[Any, ...], code: str | None
) -> None:
    house.seat()
    with declared(fine):
        answer = await house.dispatcher().dispatch("test:it", "socket", *arguments)
    assert answer is not None
    assert [d["code"] for d in answer.get("details", [])] == ([code] if code else [])


@pytest.mark.parametrize(
    ("who", "refused"),
    [
        (Who.USER, []),
        (Who.ACCOUNT, ["guest"]),
        (Who.MODERATOR, ["guest", "user"]),
        (Who.ADMIN, ["guest", "user", "moderator"]),
    ],
)
async def test_an_event_is_for_those_whom_it_names(
    house: House, who: Who, refused: list[str]
) -> None:
    house.seat("guest", guest=True)
    for role in Role:
        house.seat(role.value, role=role)
    with declared(fine, who=who):
        answers = {sid: await house.dispatcher().dispatch("test:it", sid) for sid in house.callers}
    assert [sid for sid, a in answers.items() if a and a.get("code") == "forbidden"] == refused
    assert {sid for sid, a in answers.items() if a and a["success"]} == answers.keys() - refused


async def test_nobody_unknown_expired_or_gone_gets_through(house: House) -> None:
    dispatch = house.dispatcher().dispatch
    with declared(fails_with(RuntimeError("reached"))):
        nobody = await dispatch("test:it", "nobody")
        caller = house.seat()
        unknown = await dispatch("test:other", "socket")
        house.limited = ["test:it", "unknown"]
        limited = [await dispatch(name, "socket") for name in ("test:it", "test:other")]
        caller.stay_until(NOW)
        expired = await dispatch("test:it", "socket")
        caller.gone = True
        assert await dispatch("test:it", "socket") is None
    answers = [nobody, unknown, *limited, expired]
    codes = ["unauthorized", "unknown_event", "rate_limited", "rate_limited", "token_expired"]
    assert [answer["code"] for answer in answers if answer] == codes


async def test_who_floods_is_read_no_more_until_half_is_answered(house: House) -> None:
    gate = asyncio.Event()
    begun = []

    async def handler(_caller: Caller, text: str) -> None:
        begun.append(text)
        if text == "0":
            await gate.wait()

    socket = house.seat().socket
    dispatch = house.dispatcher().dispatch
    with declared(handler):
        runs = [
            asyncio.create_task(dispatch("test:it", "socket", {"text": str(number)}))
            for number in range(MAX_WAITING + 1)
        ]
        await asyncio.sleep(0)
        assert socket.paused
        gate.set()
        answers = await asyncio.gather(*runs)
    assert not socket.paused
    assert begun == [str(number) for number in range(MAX_WAITING + 1)]
    assert all(answer and answer["success"] for answer in answers)
    assert house.in_flight == 0


async def test_what_waits_for_nothing_is_answered_at_once_and_keeps_its_turn(house: House) -> None:
    gate = asyncio.Event()

    async def slow(_caller: Caller) -> None:
        await gate.wait()

    def quick(_caller: Caller, text: str) -> None:
        """Waits for nothing."""

    house.seat()
    ask = house.dispatcher()
    order: list[str] = []

    async def say(name: str, text: str) -> None:
        await ask.dispatch(name, "socket", {"text": text} if text else {})
        order.append(text)

    with declared(quick, name="test:quick"), declared(slow, name="test:slow"):
        assert ask.inner.dispatch("test:quick", "socket", {"text": "x"}) == {
            "success": True,
            "data": {},
        }
        waiting = [asyncio.create_task(say("test:slow", ""))]
        waiting += [asyncio.create_task(say("test:quick", text)) for text in "abc"]
        await asyncio.sleep(0)
        assert order == []
        gate.set()
        await asyncio.gather(*waiting)
    assert order == ["", "a", "b", "c"]


@pytest.mark.parametrize("error", [Forbidden("No."), RuntimeError("secret")])
async def test_what_waits_for_nothing_may_fail_too(house: House, error: Exception) -> None:
    def quick(_caller: Caller, **_payload: Any) -> None:
        raise error

    house.seat()
    with declared(quick):
        answer = await house.dispatcher().dispatch("test:it", "socket", {})
        house.limited = ["test:it"]
        limited = await house.dispatcher().dispatch("test:it", "socket", {})
    assert answer is not None
    assert limited is not None
    assert answer["code"] in {"forbidden", "internal"}
    assert limited["code"] == "rate_limited"
