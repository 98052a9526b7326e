"""The sequencer: whatever arrives, in whatever order, is delivered in the order of its numbers."""

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime import sequencer as module
from realtime.sequencer import Deliver, Sequencer

LOG = "channel:1"
STATE = "room:1"
PATIENCE_S = 0.001


class Ear:
    """Remembers what is delivered; `says(n)` is number n on its way."""

    def __init__(self) -> None:
        self.heard: list[int] = []
        self.reads: list[tuple[int, int]] = []

    def says(self, number: int) -> Deliver:
        return lambda _stream: self.heard.append(number)

    async def log(self, _stream: str, first: int, last: int) -> dict[int, Deliver]:
        """A log that has everything."""
        self.reads.append((first, last))
        await asyncio.sleep(0)
        return {number: self.says(number) for number in range(first, last + 1)}


async def until(condition: Callable[[], bool]) -> None:
    """Wait for it; what never comes fails the test."""
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(PATIENCE_S)


async def test_what_arrives_swapped_is_put_in_order() -> None:
    ear, sequencer = Ear(), Sequencer(patience_s=60)
    for number in (1, 3, 4, 2, 5):
        sequencer.accept(STATE, number, ear.says(number))
    assert ear.heard == [1, 2, 3, 4, 5]
    sequencer.close()


async def test_what_comes_twice_is_delivered_once() -> None:
    ear, sequencer = Ear(), Sequencer(patience_s=60)
    for number in (1, 1, 3, 3, 2, 2, 1):
        sequencer.accept(STATE, number, ear.says(number))
    assert ear.heard == [1, 2, 3]
    sequencer.close()


async def test_streams_do_not_wait_for_each_other() -> None:
    ear, sequencer = Ear(), Sequencer(patience_s=60)
    sequencer.accept("room:a", 1, ear.says(1))
    sequencer.accept("room:a", 3, ear.says(3))
    sequencer.accept("room:b", 7, ear.says(7))
    assert ear.heard == [1, 7]
    sequencer.close()


async def test_a_missing_state_is_passed_over() -> None:
    ear = Ear()
    sequencer = Sequencer(ear.log, PATIENCE_S)
    for number in (4, 6):
        sequencer.accept(STATE, number, ear.says(number))
    await until(lambda: ear.heard == [4, 6])
    sequencer.accept(STATE, 5, ear.says(5))
    assert ear.heard == [4, 6]
    assert ear.reads == []


async def test_a_missing_event_is_read_from_the_log() -> None:
    ear = Ear()
    sequencer = Sequencer(ear.log, PATIENCE_S)
    for number in (1, 4, 7):
        sequencer.accept(LOG, number, ear.says(number))
    await until(lambda: ear.heard == [1, 2, 3, 4, 5, 6, 7])
    assert ear.reads == [(2, 3), (5, 6)]


async def test_the_first_event_seen_waits_for_those_before_it() -> None:
    ear = Ear()
    sequencer = Sequencer(ear.log, PATIENCE_S)
    for number in (9, 8, 10):
        sequencer.accept(LOG, number, ear.says(number))
    assert ear.heard == []
    await until(lambda: ear.heard == [8, 9, 10])
    assert ear.reads == []


async def test_the_very_first_event_of_a_channel_does_not_wait() -> None:
    ear, sequencer = Ear(), Sequencer(patience_s=60)
    sequencer.accept(LOG, 1, ear.says(1))
    assert ear.heard == [1]


async def test_a_stream_whose_beginning_is_known_misses_nothing() -> None:
    ear = Ear()
    sequencer = Sequencer(ear.log, PATIENCE_S)
    sequencer.begin(LOG, 5)
    sequencer.begin(LOG, 50)  # the first word counts
    sequencer.accept(LOG, 5, ear.says(5))
    sequencer.accept(LOG, 7, ear.says(7))
    await until(lambda: ear.heard == [6, 7])


async def test_a_log_that_cannot_be_read_for_a_while_loses_nothing() -> None:
    ear, failures = Ear(), 3

    async def away_at_first(stream: str, first: int, last: int) -> dict[int, Deliver]:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            raise OSError("The database is away.")
        return await ear.log(stream, first, last)

    sequencer = Sequencer(away_at_first, PATIENCE_S)
    for number in (1, 3, 4):
        sequencer.accept(LOG, number, ear.says(number))
    await until(lambda: ear.heard == [1, 2, 3, 4])


async def test_a_log_that_stays_away_holds_nothing_up_for_ever() -> None:
    ear, reads = Ear(), 0

    async def away(_stream: str, _first: int, _last: int) -> dict[int, Deliver]:
        nonlocal reads
        reads += 1
        raise OSError("The database is away.")

    sequencer = Sequencer(away, PATIENCE_S)
    for number in (1, 3, 4):
        sequencer.accept(LOG, number, ear.says(number))
    await until(lambda: ear.heard == [1, 3, 4])
    assert reads == module.TRIES


async def test_what_arrives_during_a_read_is_neither_lost_nor_doubled() -> None:
    ear, may_answer = Ear(), asyncio.Event()

    async def slow(stream: str, first: int, last: int) -> dict[int, Deliver]:
        await may_answer.wait()
        return await ear.log(stream, first, last)

    sequencer = Sequencer(slow, PATIENCE_S)
    sequencer.accept(LOG, 1, ear.says(1))
    sequencer.accept(LOG, 4, ear.says(4))
    await until(lambda: bool(sequencer._filling))
    for number in (2, 9, 5):  # one that was missing, one behind the next gap, one that follows
        sequencer.accept(LOG, number, ear.says(number))
    assert ear.heard == [1, 2]
    assert sequencer._streams[LOG].timer is None  # never two reads at once
    may_answer.set()
    await until(lambda: ear.heard == list(range(1, 10)))
    assert ear.reads == [(2, 3), (6, 8)]


async def test_a_stream_forgotten_during_a_read_stays_forgotten() -> None:
    ear, may_answer = Ear(), asyncio.Event()

    async def slow(stream: str, first: int, last: int) -> dict[int, Deliver]:
        await may_answer.wait()
        return await ear.log(stream, first, last)

    sequencer = Sequencer(slow, PATIENCE_S)
    sequencer.accept(LOG, 1, ear.says(1))
    sequencer.accept(LOG, 3, ear.says(3))
    await until(lambda: bool(sequencer._filling))
    sequencer.forget(LOG)
    sequencer.begin(LOG, 3)
    sequencer.accept(LOG, 4, ear.says(4))
    may_answer.set()
    await until(lambda: not sequencer._filling)
    assert ear.heard == [1, 4]


async def test_a_gap_too_wide_to_be_read_is_passed_over() -> None:
    ear = Ear()
    sequencer = Sequencer(ear.log, PATIENCE_S)
    sequencer.accept(LOG, 1, ear.says(1))
    sequencer.accept(LOG, 5000, ear.says(5000))
    await until(lambda: ear.heard == [1, 5000])
    assert ear.reads == []


async def test_no_more_than_a_thousand_wait_in_a_stream() -> None:
    ear, sequencer = Ear(), Sequencer(patience_s=60)
    sequencer.accept(STATE, 1, ear.says(1))
    for number in range(3, 3 + module.MAX_EARLY + 1):
        sequencer.accept(STATE, number, ear.says(number))
    assert ear.heard == [1, *range(3, 3 + module.MAX_EARLY + 1)]
    await asyncio.sleep(0)
    sequencer.accept(STATE, 2, ear.says(2))
    assert ear.heard[-1] != 2
    sequencer.close()


async def test_the_stream_longest_unheard_makes_room_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_STREAMS", 2)
    ear, sequencer = Ear(), Sequencer(patience_s=60)
    sequencer.accept("room:a", 1, ear.says(1))
    sequencer.accept("room:a", 3, ear.says(3))
    sequencer.accept("room:b", 11, ear.says(11))
    sequencer.accept("room:c", 21, ear.says(21))
    assert ear.heard == [1, 11, 3, 21]
    sequencer.close()


arrivals = st.lists(st.integers(1, 12), min_size=1, max_size=40)
pauses = st.sets(st.integers(0, 40))


@settings(max_examples=150, deadline=None)
@given(arrivals=arrivals, pauses=pauses, begins=st.booleans())
async def test_whatever_arrives_of_a_log_is_heard_in_order_without_a_hole(
    arrivals: list[int], pauses: set[int], begins: bool
) -> None:
    heard, _ = await play(LOG, arrivals, pauses, begins=begins)
    first = 1 if begins else heard[0]
    assert heard == list(range(first, max(arrivals) + 1))
    # Only what came later than the patience at the beginning is too late.
    assert begins or first <= arrivals[0]


@settings(max_examples=150, deadline=None)
@given(arrivals=arrivals, pauses=pauses)
async def test_whatever_arrives_of_a_state_is_heard_in_order_unless_superseded(
    arrivals: list[int], pauses: set[int]
) -> None:
    heard, superseded = await play(STATE, arrivals, pauses, begins=False)
    assert heard == sorted(set(heard))
    assert set(heard) | superseded == set(arrivals)


async def play(
    stream: str, arrivals: list[int], pauses: set[int], *, begins: bool
) -> tuple[list[int], set[int]]:
    """What is heard of `arrivals`, and what came after a later one had been heard.

    A pause before the arrival at an index is longer than the sequencer's patience.
    """
    ear, superseded = Ear(), set()
    sequencer = Sequencer(ear.log, 0)
    if begins:
        sequencer.begin(stream, 0)
    for index, number in enumerate(arrivals):
        if index in pauses:
            for _ in range(6):
                await asyncio.sleep(0)
        if ear.heard and number < ear.heard[-1] and number not in ear.heard:
            superseded.add(number)
        sequencer.accept(stream, number, ear.says(number))
    await until(lambda: not any(row.early for row in sequencer._streams.values()))
    return ear.heard, superseded
