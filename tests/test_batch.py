"""One run for many: who waits goes together, and each gets what is theirs."""

import asyncio
import contextvars
from collections.abc import Sequence

import pytest

from models.batch import Batch

whose: contextvars.ContextVar[str] = contextvars.ContextVar("whose")


class Doubling:
    """Work that keeps what it was given, and waits until it is let go."""

    def __init__(self) -> None:
        self.given: list[list[int]] = []
        self.busy = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self, numbers: list[int]) -> Sequence[int | BaseException]:
        self.given.append(numbers)
        self.busy.set()
        await self.go.wait()
        if 13 in numbers:
            raise ConnectionError("All of this run.")
        return [ValueError("Odd.") if number % 2 else 2 * number for number in numbers]


def ask(batch: Batch[int, int], *numbers: int) -> list[asyncio.Task[int]]:
    return [asyncio.create_task(batch.do(number)) for number in numbers]


async def test_who_waits_while_one_runs_goes_together() -> None:
    work = Doubling()
    batch = Batch("test", work, most=3)
    first = ask(batch, 2)
    await work.busy.wait()
    rest = ask(batch, 4, 6, 8, 10)
    await asyncio.sleep(0)
    work.go.set()
    assert await asyncio.gather(*first, *rest) == [4, 8, 12, 16, 20]
    assert work.given == [[2], [4, 6, 8], [10]]


async def test_a_run_that_finds_none_at_work_begins_at_once_with_all_of_the_moment() -> None:
    work = Doubling()
    work.go.set()
    batch = Batch("test", work)
    assert await asyncio.gather(*ask(batch, 2, 4)) == [4, 8]
    assert await batch.do(6) == 12
    assert work.given == [[2, 4], [6]]


async def test_each_has_a_failure_of_their_own() -> None:
    work = Doubling()
    work.go.set()
    good, bad, other = ask(Batch("test", work), 2, 3, 4)
    with pytest.raises(ValueError, match="Odd"):
        await bad
    assert (await good, await other) == (4, 8)


async def test_a_run_that_fails_fails_for_all_of_it_and_not_for_the_next() -> None:
    work = Doubling()
    batch = Batch("test", work)
    failing = ask(batch, 2, 13)
    await work.busy.wait()
    (after,) = ask(batch, 4)
    await asyncio.sleep(0)
    work.go.set()
    for each in failing:
        with pytest.raises(ConnectionError):
            await each
    assert await after == 8


async def test_work_without_a_result_for_each_leaves_nobody_waiting() -> None:
    async def forgetful(numbers: list[int]) -> list[int]:
        return numbers[1:]

    batch = Batch("forgetful", forgetful)
    for each in ask(batch, 1, 2):
        with pytest.raises(RuntimeError, match="1 results for 2 items"):
            await each


async def test_who_is_cancelled_hurts_nobody() -> None:
    work = Doubling()
    batch = Batch("test", work)
    begun, stays = ask(batch, 2, 4)
    await work.busy.wait()
    waiting, next_one = ask(batch, 6, 8)
    await asyncio.sleep(0)
    for each in (begun, waiting):
        each.cancel()
    await asyncio.wait((begun, waiting))
    work.go.set()
    assert (await stays, await next_one) == (8, 16)
    assert begun.cancelled()
    assert waiting.cancelled()
    assert work.given == [[2, 4], [8]]


async def test_the_work_is_in_the_context_of_no_caller() -> None:
    async def look(items: list[str]) -> list[str]:
        return [whose.get("nobody's") for _ in items]

    whose.set("mine")
    assert await Batch("test", look).do("") == "nobody's"


async def test_several_runs_are_under_way_where_that_is_wanted() -> None:
    work = Doubling()
    batch = Batch("test", work, at_once=2)
    first = ask(batch, 2)
    await work.busy.wait()
    work.busy.clear()
    second = ask(batch, 4)
    await work.busy.wait()
    third = ask(batch, 6, 8)
    await asyncio.sleep(0)
    assert work.given == [[2], [4]]
    work.go.set()
    assert await asyncio.gather(*first, *second, *third) == [4, 8, 12, 16]
    assert work.given == [[2], [4], [6, 8]]


async def test_a_run_has_a_name_and_is_gone_when_idle() -> None:
    work = Doubling()
    (asked,) = ask(Batch("numbers", work), 2)
    await work.busy.wait()
    (run,) = [task for task in asyncio.all_tasks() if task.get_name() == "batch-numbers"]
    work.go.set()
    await asked
    await run
    assert "batch-numbers" not in [task.get_name() for task in asyncio.all_tasks()]


async def test_who_waits_behind_a_run_that_is_ended_is_served_by_another() -> None:
    work = Doubling()
    batch = Batch("numbers", work)
    (begun,) = ask(batch, 2)
    await work.busy.wait()
    (waiting,) = ask(batch, 4)
    await asyncio.sleep(0)
    work.go.set()
    (run,) = [task for task in asyncio.all_tasks() if task.get_name() == "batch-numbers"]
    run.cancel()
    assert await waiting == 8
    assert begun.cancelled()


def test_one_event_loop_knows_nothing_of_another() -> None:
    work = Doubling()
    batch = Batch("test", work)

    async def left_alone() -> None:
        ask(batch, 2, 4)
        await work.busy.wait()

    asyncio.run(left_alone())
    work.go.set()
    assert asyncio.run(batch.do(6)) == 12
    assert work.given == [[2, 4], [6]]
