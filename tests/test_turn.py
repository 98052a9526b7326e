"""Turns: one at a time, in the order of coming, whatever becomes of those before."""

import asyncio

import pytest

from handlers.turn import Turn


async def test_what_begins_at_once_and_what_takes_time_keep_their_order() -> None:
    turn, log = Turn(), list[str]()

    def begin(name: str, *, ends: bool) -> bool:
        log.append(name)
        return ends

    turn.take(lambda: begin("slow", ends=False))
    turn.take(lambda: begin("quick", ends=True))
    turn.take(lambda: begin("slow too", ends=False))
    turn.take(lambda: begin("last", ends=True))
    assert (log, len(turn)) == (["slow"], 3)
    turn.done()
    assert log == ["slow", "quick", "slow too"]
    turn.done()
    assert (log[3:], turn.busy, len(turn)) == (["last"], False, 0)


async def test_ten_thousand_that_end_at_once_need_no_stack() -> None:
    turn, ended = Turn(), list[int]()

    def end(number: int) -> bool:
        ended.append(number)
        return True

    turn.take(lambda: False)
    for number in range(10_000):
        turn.take(lambda number=number: end(number))  # type: ignore[misc]
    turn.done()
    assert ended == list(range(10_000))


async def test_a_block_waits_for_its_turn_and_passes_it_on() -> None:
    turn, log = Turn(), list[str]()

    async def wait(name: str) -> None:
        async with turn:
            log.append(f"{name} in")
            await asyncio.sleep(0)
            log.append(f"{name} out")

    await asyncio.gather(wait("a"), wait("b"))
    assert log == ["a in", "a out", "b in", "b out"]
    assert not turn.busy


@pytest.mark.parametrize("moment", ["waiting", "its turn has come"])
async def test_who_is_cancelled_keeps_nobody_waiting(moment: str) -> None:
    turn, begun = Turn(), list[str]()

    async def wait() -> None:
        async with turn:
            begun.append("never")

    def next_one() -> bool:
        begun.append("next")
        return True

    turn.take(lambda: False)
    waiting = asyncio.create_task(wait())
    await asyncio.sleep(0)
    turn.take(next_one)
    if moment == "waiting":
        waiting.cancel()
        await asyncio.wait([waiting])
        turn.done()
    else:
        turn.done()
        waiting.cancel()
        await asyncio.wait([waiting])
    assert begun == ["next"]
    assert not turn.busy
