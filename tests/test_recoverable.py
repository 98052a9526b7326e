"""Whatever is said, and whenever the line breaks: who is recovered has heard what others heard."""

import asyncio
import itertools
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.redis import open_redis
from realtime import recovery as module
from realtime.local_bus import LocalBus
from realtime.manager import FanOutManager
from realtime.membership import NAMESPACE
from realtime.message import Heard, Message
from realtime.recoverable import NO_OFFSET, Recoverable
from realtime.recovery import Recovery
from tests.bus_ends import until
from tests.silent import SilentSocket

TOPICS = ("room:1", "channel:2", "user:3")
ME = "user:3"


class Hub(FanOutManager):
    """A manager without sockets: remembers what each would be sent."""

    def __init__(self) -> None:
        bus = LocalBus()
        super().__init__(bus, Recovery(open_redis(""), bus))
        self.sent: dict[str, list[list[Any]]] = defaultdict(list)

    def arrive(self, sid: str, *topics: str) -> None:
        self._sockets[sid] = SilentSocket(self.sent[sid])
        for topic in topics:
            self.basic_enter_room(sid, NAMESPACE, topic)

    async def say(self, what: int, topic: str, spared: str | None) -> None:
        self.publish(topic, "said", what, spared=[spared, "user:8"] if spared else [])
        while not self.bus.publisher.idle:
            await asyncio.sleep(0)
        await asyncio.sleep(0)


saying = st.tuples(
    st.just("say"), st.sampled_from(TOPICS), st.sampled_from([None, None, ME, "user:9", "itself"])
)
entering = st.tuples(st.just("enter"), st.sampled_from(TOPICS[:2]), st.none())
some = st.lists(saying, max_size=8)
lives = st.lists(
    st.tuples(st.lists(st.one_of(saying, saying, entering), max_size=10), some, some, some),
    min_size=2,
    max_size=3,
)


class Traveller:
    """Two sockets with the same topics: one is lost again and again, the other never."""

    def __init__(self) -> None:
        self.hub = Hub()
        self.sid = "life-0"
        self.came: list[list[Any]] = []
        self.spared: set[int] = set()
        self._numbers = itertools.count()

    async def begin(self) -> None:
        await self.hub.start()
        self.pid = self.hub.recovery.open(self.sid, "ada", "session").pid
        self.hub.arrive("steady")
        self.hub.arrive(self.sid)
        await self.enter(ME)

    async def enter(self, topic: str) -> None:
        await self.hub.recovery.look(self.sid)
        for sid in (self.sid, "steady"):
            self.hub.basic_enter_room(sid, NAMESPACE, topic)
        await self.hub.recovery.keep(self.sid)

    async def go_through(self, happenings: list[Any]) -> None:
        for what, topic, spared in happenings:
            if what == "enter":
                await self.enter(topic)
                continue
            number = next(self._numbers)
            if spared == "itself":
                self.spared.add(number)  # by its own name: the other one hears it
            await self.hub.say(number, topic, self.sid if spared == "itself" else spared)

    def is_lost(self, heard: int) -> None:
        """The line breaks; what was sent after the first so many was still on its way."""
        self.came += self.hub.sent[self.sid][:heard]
        self.hub.basic_disconnect(self.sid, NAMESPACE)

    async def comes_back(self, life: int, early: list[Any], late: list[Any]) -> None:
        record = await self.hub.recovery.take(self.pid, "ada", "session")
        assert record is not None
        self.sid = f"life-{life}"
        self.hub.recovery.reopen(self.sid, record)
        await self.hub.recovery.look(self.sid)
        self.hub.arrive(self.sid, *record.topics)
        await self.go_through(early)  # collected, and in the logs too
        offset = self.came[-1][-1] if self.came else None
        assert await self.hub.recovery.read_missed(self.sid, record, offset)
        await self.go_through(late)
        assert self.hub.sent[self.sid] == []
        self.hub.catch_up(self.sid)
        await self.hub.recovery.keep(self.sid)


@settings(max_examples=150, deadline=None)
@given(lives=lives, heard=st.lists(st.integers(0, 20), min_size=3, max_size=3))
async def test_who_is_recovered_has_heard_what_one_has_who_was_never_away(
    lives: list[Any], heard: list[int]
) -> None:
    traveller = Traveller()
    await traveller.begin()
    for life, (before, away, early, late) in enumerate(lives, 1):
        await traveller.go_through(before)
        traveller.is_lost(heard[life - 1])
        await traveller.go_through(away)
        await traveller.comes_back(life, early, late)
    traveller.is_lost(1000)
    steady = [what for _, what in traveller.hub.sent["steady"] if what not in traveller.spared]
    assert [what for _, what, _ in traveller.came] == steady
    places = [int(offset.rpartition(".")[2]) for *_, offset in traveller.came]
    assert places == sorted(set(places))
    await traveller.hub.close()


def a_record(**more: Any) -> Recoverable:
    return Recoverable("pid", ["sid"], "ada", "session", "e", **{"topics": {"a:1": 5}, **more})


@pytest.mark.parametrize(
    "offset", ["", "-", "e", "e.", ".5", "f.5", "e.-1", "e.1.5", "e.५", "e." + "9" * 99, 5, {}, []]
)
def test_an_offset_that_is_none_says_nothing(offset: Any) -> None:
    assert a_record().heard_until(offset) is None


def test_nobody_has_heard_less_of_a_topic_than_from_its_entering_on() -> None:
    record = a_record(topics={"a:1": 5, "b:2": 9})
    assert record.heard_until("e.7") == {"a:1": 7, "b:2": 9}
    assert record.heard_until(None) == {"a:1": 5, "b:2": 9}


def test_what_was_entered_at_an_unknown_place_needs_an_offset() -> None:
    record = a_record(topics={"a:1": 5, "b:2": None})
    assert record.heard_until(None) is None
    assert record.heard_until("e.7") == {"a:1": 7, "b:2": 7}
    record.rebase("f")
    assert record.heard_until("e.7") is None
    assert record.heard_until("f.3") == {"a:1": 3, "b:2": 3}


def test_a_record_is_read_as_it_was_written() -> None:
    assert Recoverable.decode(a_record().encode()) == a_record()


async def test_while_a_topic_is_behind_no_offset_is_told() -> None:
    bus = LocalBus()
    recovery = Recovery(open_redis(""), bus)
    assert recovery.offset() == NO_OFFSET
    bus.receiver.receive(Heard(Message("room:1", "x"), "e", 4))
    assert recovery.offset() == "e.4"
    bus.receiver.begin("channel:1", 1)
    bus.receiver.receive(Heard(Message("channel:1", "x", order=("channel:1", 3)), "e", 5))
    assert recovery.offset() == NO_OFFSET
    await until(lambda: recovery.offset() == "e.5")


async def test_too_much_is_not_recovered(monkeypatch: pytest.MonkeyPatch) -> None:
    hub = Hub()
    await hub.start()
    pid = hub.recovery.open("lost", "ada", "session").pid
    await hub.recovery.look("lost")
    hub.arrive("lost", ME)
    await hub.recovery.keep("lost")
    hub.basic_disconnect("lost", NAMESPACE)
    for n in range(10):
        await hub.say(n, ME, None)
    monkeypatch.setattr(module, "MAX_REPLAY_BYTES", 500)
    record = await hub.recovery.take(pid, "ada", "session")
    assert record is not None
    hub.recovery.reopen("back", record)
    assert not await hub.recovery.read_missed("back", record, None)
    await hub.close()


async def test_a_living_socket_keeps_its_record_and_a_lost_one_leaves_it(redis_url: str) -> None:
    client = open_redis(redis_url)
    recovery = Recovery(client, LocalBus())
    socket = recovery.open("sid", "ada", "session")
    await recovery.keep("sid")
    await client.expire(key := module._key(socket.pid), 10)
    await recovery._refresh()
    assert await client.ttl(key) > 150
    await client.delete(key)
    await recovery._refresh()
    await recovery._write_changed()
    assert await client.exists(key)
    recovery.close("sid")
    await recovery._refresh()
    assert await client.exists(key)
    await client.aclose()
