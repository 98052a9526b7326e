"""The sequencer: whoever publishes, each number goes through once, in order, and none is lost."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.redis import open_redis
from realtime import publisher
from realtime.local_bus import LocalBus
from realtime.log_reader import MAX_FILL, LogReader
from realtime.message import CONTROL, Heard, Message, Rule
from realtime.publisher import Publisher, Sending
from realtime.receiver import Receiver
from realtime.redis_bus import RedisBus
from tests.bus_ends import CHANNEL, ROOM, Database, End, ends, until
from tests.servers import redis_server

NEWS, STATE = "room:1", "playback:1"


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture(params=["memory", "redis"])
async def both(
    request: pytest.FixtureRequest, tmp_path: Path, database: Database
) -> AsyncIterator[list[End]]:
    """The first and the last process of a house: one and the same, or two."""
    if request.param == "memory":
        async with ends("", database) as found:
            yield found * 2
        return
    with redis_server(tmp_path / "redis") as url:
        async with ends(url, database) as found:
            yield found


@pytest.fixture
async def two(tmp_path: Path, database: Database) -> AsyncIterator[list[End]]:
    """Two processes on a Redis of their own."""
    with redis_server(tmp_path / "redis") as url:
        async with ends(url, database) as found:
            yield found


async def test_numbers_that_are_published_swapped_are_heard_in_order(
    both: list[End], database: Database
) -> None:
    first, last = both
    events = [database.commit(n) for n in range(1, 40)]
    first.bus.publish(events[0])
    await last.counts(1)
    for n in range(1, 39, 2):
        last.bus.publish(events[n + 1])
        first.bus.publish(events[n])
    for end in both:
        await end.counts(*range(1, 40))


async def test_who_comes_too_early_goes_right_after_the_one_before(
    two: list[End], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "PATIENCE_S", 60)
    here, there = two
    for end in two:
        end.bus.receiver.begin(CHANNEL, 0)
    events = [database.commit(n) for n in range(1, 21)]
    for event in events[1::2]:
        there.bus.publish(event)
    for event in events[::2]:
        here.bus.publish(event)
    for end in two:
        await end.counts(*range(1, 21))
    assert database.reads == []


async def test_what_was_published_early_by_who_died_then_goes_in_its_turn(
    two: list[End], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "PATIENCE_S", 60)
    here, there = two
    here.bus.publish(database.commit(1))
    await there.counts(1)
    there.bus.publish(database.commit(3))
    await until(lambda: bool(there.bus.publisher._gaps))
    there.bus._tasks.cancel()
    here.bus.publish(database.commit(2))
    await here.counts(1, 2, 3)
    assert await here.logged() == [1, 2, 3]
    assert database.reads == []


async def test_what_was_early_when_redis_was_emptied_is_not_lost(
    two: list[End], database: Database
) -> None:
    here, there = two
    assert here.client is not None
    here.bus.publish(database.commit(1))
    await there.counts(1)
    database.answers.clear()
    there.bus.publish(database.commit(3))
    await until(lambda: bool(there.bus.publisher._gaps))
    await here.client.flushall()
    here.bus.publish(database.commit(2))
    for end in two:
        await end.counts(1, 2, 3)
    database.answers.set()


async def test_what_is_early_is_sent_again_only_when_it_was_answered(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "PATIENCE_S", 0)
    judged, answer = list[int](), asyncio.Event()

    async def judge(batch: list[Sending]) -> list[int]:
        judged.extend(sending.order[1] for sending in batch)
        if len(judged) > 3:
            await answer.wait()  # as while Redis is away
        return [4 for _ in batch]

    out = Publisher(judge, LogReader(database.read), Receiver(lambda _heard: None, LogReader()))
    running = asyncio.create_task(out.run())
    for number in (7, 8, 9):
        out.publish(database.commit(number))
    await until(lambda: len(judged) > 3)
    for _ in range(50):
        await asyncio.sleep(0)
    assert judged == [7, 8, 9] * 2
    assert len(out._ready) == 0
    running.cancel()


async def test_what_was_heard_before_the_sequencer_has_answered_is_not_waited_for(
    database: Database,
) -> None:
    receiver = Receiver(lambda _heard: None, LogReader())
    judged = list[int]()

    async def judge(batch: list[Sending]) -> list[int]:
        judged.extend(sending.order[1] for sending in batch)
        if judged[-1] == 9:
            for number in range(6, 10):
                receiver.receive(Heard(database.commit(number), "epoch", number))
            await asyncio.sleep(0.01)
        return [5 for _ in batch]

    out = Publisher(judge, LogReader(database.read), receiver)
    running = asyncio.create_task(out.run())
    for number in (8, 20, 9):
        out.publish(database.commit(number))
        await until(lambda number=number: number in judged)  # type: ignore[misc]
    await until(lambda: not out._in_flight)
    assert list(out._gaps[CHANNEL].early) == [20]
    receiver.receive(Heard(database.commit(20), "epoch", 20))
    await until(lambda: out.idle)
    running.cancel()


async def test_of_many_that_are_held_the_log_is_read_ahead(
    both: list[End], database: Database
) -> None:
    events = [database.commit(n) for n in range(1, 601)]
    for end in both:
        end.bus.receiver.begin(CHANNEL, 0)
    for event in events[1::2]:
        both[0].bus.publish(event)
    for end in both:
        await end.counts(*range(1, 601))
    assert len(database.reads) <= 6


async def test_what_is_published_twice_is_heard_once(both: list[End], database: Database) -> None:
    for n in range(1, 20):
        event = database.commit(n)
        for end in both:
            end.bus.publish(event)
    both[0].say("done", topic=CHANNEL)
    for end in both:
        await until(lambda end=end: "done" in end.said(CHANNEL))  # type: ignore[misc]
        await end.counts(*range(1, 20))


async def test_what_its_author_could_not_publish_is_read_from_the_log(
    both: list[End], database: Database
) -> None:
    both[0].bus.publish(database.commit(1))
    for n in (2, 3, 5, 6):
        database.commit(n)
    both[0].bus.publish(database.commit(4))
    both[-1].bus.publish(database.commit(7))
    for end in both:
        await end.counts(*range(1, 8))
        assert await end.logged() == list(range(1, 8))  # for those who come back
    assert [text for _, text in sorted(database.events[CHANNEL].items())] == both[0].said(CHANNEL)


async def test_nothing_of_a_topic_overtakes_and_other_topics_do_not_wait(
    both: list[End], database: Database
) -> None:
    here = both[0]
    here.bus.publish(database.commit(1))
    await here.counts(1)
    database.answers.clear()
    database.commit(2)
    here.bus.publish(database.commit(3))
    here.say("right after", topic=CHANNEL)
    here.say("elsewhere")
    await here.hears("elsewhere")
    await until(lambda: bool(database.reads))
    here.say("later", topic=CHANNEL)
    here.say("still elsewhere")
    await here.hears("elsewhere", "still elsewhere")
    assert here.numbers() == [1]
    database.answers.set()
    words = [f"{CHANNEL}/{n}" for n in (1, 2, 3)]
    for end in both:
        await end.hears(*words, "right after", "later", topic=CHANNEL)


@pytest.mark.parametrize("stream", [NEWS, STATE])
async def test_without_a_log_a_number_waits_for_those_before_and_passes_over_what_never_comes(
    both: list[End], stream: str
) -> None:
    here, there = both
    here.bus.publish(Message(ROOM, "1", order=(stream, 1)))
    await there.counts(1, stream=stream)
    there.bus.publish(Message(ROOM, "3", order=(stream, 3)))
    here.bus.publish(Message(ROOM, "2", order=(stream, 2)))
    here.bus.publish(Message(ROOM, "9", order=(stream, 9)))
    for end in both:
        await end.counts(1, 2, 3, 9, stream=stream)
    there.bus.publish(Message(ROOM, "8", order=(stream, 8)))
    there.bus.publish(Message(ROOM, "10", order=(stream, 10)))
    for end in both:
        await end.counts(1, 2, 3, 9, 10, stream=stream)


async def test_a_log_that_cannot_be_read_for_a_while_loses_nothing(
    both: list[End], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    both[0].bus.publish(database.commit(1))
    await both[0].counts(1)
    for end in both:
        end.bus.publisher._reader._pause_s = 0.001
    database.failures = 3
    database.commit(2)
    both[0].bus.publish(database.commit(3))
    for end in both:
        await end.counts(1, 2, 3)


async def test_a_log_that_stays_away_holds_nothing_up_for_ever(
    both: list[End], database: Database
) -> None:
    both[0].bus.publish(database.commit(1))
    await both[0].counts(1)
    for end in both:
        end.bus.publisher._reader._pause_s = 0.001
    database.failures = 10_000
    both[0].bus.publish(database.commit(3))
    for end in both:
        await end.counts(1, 3)


async def test_a_gap_too_wide_to_be_read_is_passed_over(
    both: list[End], database: Database
) -> None:
    far = MAX_FILL + 10
    for number in (1, far):
        both[0].bus.publish(database.commit(number))
    for end in both:
        await end.counts(1, far)
    assert database.reads == []


async def test_who_knows_the_beginning_misses_nothing_after_it(
    both: list[End], database: Database
) -> None:
    for n in range(1, 8):
        database.commit(n)
    for end in both:
        end.bus.receiver.begin(CHANNEL, 5)
        end.bus.receiver.begin(CHANNEL, 50)  # the first word counts
    both[0].bus.publish(database.commit(8))
    for end in both:
        await end.counts(6, 7, 8)


async def test_an_emptied_redis_neither_loses_nor_doubles(
    two: list[End], database: Database
) -> None:
    here, there = two
    assert here.client is not None
    for n in (1, 2):
        here.bus.publish(database.commit(n))
    await there.counts(1, 2)
    await here.client.flushall()
    for n in (2, 3):
        there.bus.publish(database.commit(n))
    database.commit(4)
    here.bus.publish(database.commit(5))
    for end in two:
        await end.counts(1, 2, 3, 4, 5)
        assert await end.logged() == [3, 4, 5]


async def test_a_hole_that_only_a_receiver_sees_is_filled_before_what_follows(
    two: list[End], database: Database
) -> None:
    here, there = two
    assert here.client is not None
    for n in range(1, 4):
        here.bus.publish(database.commit(n))
    await there.counts(1, 2, 3)
    # As after a time in which `there` heard nothing, and the logs ended.
    there.bus.receiver._last["1"][CHANNEL] = 1
    there.heard.clear()
    database.answers.clear()
    here.bus.publish(database.commit(4))
    await until(lambda: (CHANNEL, 2, 3) in database.reads)
    assert there.bus.receiver.place is None  # what was heard until now, no place says
    here.bus.publish(database.commit(5))
    here.say("elsewhere")
    await there.hears("elsewhere")
    assert there.numbers() == []
    database.answers.set()
    await there.counts(2, 3, 4, 5)
    assert there.bus.receiver.place is not None


async def test_the_control_topic_is_like_any_other(two: list[End]) -> None:
    for end in two:
        await end.enter(CONTROL)
    two[0].say("stop", topic=CONTROL)
    for end in two:
        await end.hears("stop", topic=CONTROL)


# Mostly one stream, mostly early, so that much is kept before something later passes it over.
RULES = st.sampled_from([Rule.NEXT, Rule.NEXT, Rule.NEXT, Rule.NEWER, Rule.FREE])
SENDINGS = st.lists(
    st.tuples(st.sampled_from("aaab"), RULES, st.integers(1, 6), st.integers(0, 1)), max_size=12
)


def sending(topic: str, rule: Rule, number: int, base: int) -> Sending:
    order = None if rule is Rule.FREE else (f"channel:{topic}", number)
    return Sending(Message(f"channel:{topic}", f"{rule}{number}", order=order), rule, base)


@settings(max_examples=100, deadline=None)
@given(batches=st.lists(SENDINGS, max_size=3))
async def test_in_redis_and_in_memory_it_judges_alike_and_passes_the_same_on(
    batches: list[list[tuple[str, Rule, int, int]]], redis_url: str
) -> None:
    client, house = open_redis(redis_url), uuid4().hex
    shared, memory = RedisBus(client, house), LocalBus()
    for batch in batches:
        sendings = [sending(house + topic, rule, n, base) for topic, rule, n, base in batch]
        if sendings:
            assert await shared.append(sendings) == list(map(int, await memory.append(sendings)))
    shared.receiver.begin_at(await shared.place_now())
    for topic in (f"channel:{house}a", f"channel:{house}b"):
        passed = [
            [each.message.packet for each in await bus.said_since({topic: 0}) or []]
            for bus in (shared, memory)
        ]
        assert passed[0] == passed[1]
    await client.aclose()


arrivals = st.lists(st.integers(1, 12), min_size=1, max_size=40)
pauses = st.sets(st.integers(0, 40))


@settings(max_examples=200, deadline=None)
@given(arrivals=st.lists(st.integers(0, 12), min_size=1, max_size=40), pauses=pauses)
@example(arrivals=[2, 1, 3, 0], pauses=set())  # the word is held, by what is early no more
async def test_whatever_is_published_is_heard_in_order_without_a_hole(
    arrivals: list[int], pauses: set[int], impatient: None
) -> None:
    """Numbers of a log, and words (0) between them, which follow all that was published before."""
    database, last = Database(), max(arrivals)
    for number in range(1, last + 1):
        database.commit(number)
    end = await End(LocalBus(database.read)).start(CHANNEL)
    end.bus.receiver.begin(CHANNEL, 0)
    before: dict[str, set[int]] = {}
    for index, number in enumerate(arrivals):
        if index in pauses:
            await asyncio.sleep(0)
        if number:
            end.bus.publish(database.commit(number))
        else:
            before[f"word {index}"] = set(arrivals[:index]) - {0}
            end.say(f"word {index}", topic=CHANNEL)
    wanted = last + len(before)
    await until(lambda: end.bus.publisher.idle and len(end.heard) >= wanted, end.numbers)
    assert end.numbers() == list(range(1, last + 1))
    said = end.said(CHANNEL)
    assert [text for text in said if text in before] == list(before)
    for word, numbers in before.items():
        assert {f"{CHANNEL}/{number}" for number in numbers} <= set(said[: said.index(word)])
    await end.close()


@settings(max_examples=150, deadline=None)
@given(arrivals=arrivals, pauses=pauses)
async def test_whatever_is_received_of_a_log_is_delivered_in_order_without_a_hole(
    arrivals: list[int], pauses: set[int]
) -> None:
    database, delivered = Database(), list[int]()
    for number in range(1, max(arrivals) + 1):
        database.commit(number)

    def deliver(heard: Heard) -> None:
        assert heard.message.order is not None
        delivered.append(heard.message.order[1])

    receiver = Receiver(deliver, LogReader(database.read))
    receiver.begin(CHANNEL, 0)
    for place, number in enumerate(arrivals, 1):
        if place in pauses:
            await asyncio.sleep(0)
        receiver.receive(Heard(database.commit(number), "epoch", place))
    await until(lambda: receiver.place == ("epoch", len(arrivals)))
    assert delivered == list(range(1, max(arrivals) + 1))


@pytest.fixture(scope="module")
def impatient() -> Iterator[None]:
    """No patience, so that what is missing is read at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(publisher, "PATIENCE_S", 0)
        yield
