"""Redis goes away and comes back empty: all of it comes back to what the database says."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.client import get
from tests.conftest import MakeTrack, sign_up
from tests.faults.fleet import Fleet, fleet, until
from tests.faults.ledger import report
from tests.faults.listener import Listener
from tests.faults.wire import Json
from tests.servers import Process

AWAY_S = float(os.environ.get("REDIS_AWAY_S", "12"))
NOTICED_WITHIN_S = 10.0
BACK_WITHIN_S = 30.0
RIGHT_WITHIN_S = 60.0
ANSWERED_WITHIN_S = 15.0


@pytest.fixture
async def crew(postgres_url: str, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Six listeners on two processes."""
    async with fleet(postgres_url, tmp_path, members=6, of=Listener, may_be_away=True) as crew:
        yield crew


@pytest.mark.timeout(300)
async def test_after_redis_was_away_everybody_has_what_the_database_has(
    crew: Fleet, make_track: MakeTrack
) -> None:
    loop = asyncio.get_running_loop()
    listeners = [member for member in crew.members if isinstance(member, Listener)]
    first, second, leaver = listeners[0], listeners[1], listeners[-1]
    track_id = await make_track(duration=3600)
    await first.ask("playback:play", trackId=track_id, **first.here)
    await second.ask("queue:add", trackId=track_id, **second.here)
    late = await sign_up(crew.url(0), "late", guest=True)

    await crew.store.stop()
    back_at = loop.time() + AWAY_S
    answers: Counter[str] = Counter()
    async with asyncio.TaskGroup() as tries:
        for number, listener in enumerate(listeners[:4]):
            tries.create_task(try_everything(listener, number, track_id, back_at, answers))
        await readiness(crew, 503, NOTICED_WITHIN_S)
        await leaver.stop()
        newcomer = crew.add(late)
    # The last word is that of the second process, if it can have one without Redis.
    answers[await answer(second, "queue:add", {"trackId": track_id, **second.here})] += 1
    report(f"Redis was away for {AWAY_S:g} s: {dict(answers)}")
    assert answers.keys() <= {"success", "unavailable", "connection ended"}, answers
    # One process is back at once and says what it has kept; the other hears nothing of that yet.
    slow, quick = crew.places
    slow.popen.send_signal(signal.SIGSTOP)
    await crew.store.start()
    await ready(quick, 200, BACK_WITHIN_S)
    slow.popen.send_signal(signal.SIGCONT)

    await readiness(crew, 200, BACK_WITHIN_S)
    crew.members.remove(leaver)
    assert isinstance(newcomer, Listener)
    listeners[-1] = newcomer
    for listener in (first, second):
        listener.send(f"{listener.name}-afterwards")
    await crew.settle()
    took_s = await converged(listeners, leaver)
    report(f"everybody had the truth {took_s:.1f} s after everything was ready")
    await events_flow(listeners)
    await crew.settle()
    await crew.check()


async def try_everything(
    listener: Listener, number: int, track_id: str, until_s: float, answers: Counter[str]
) -> None:
    """Write, play and read until then; whatever is answered, it is answered soon."""
    deeds: list[tuple[str, dict[str, Any]]] = [
        ("playback:pause", {}),
        ("room:members", {}),
        ("playback:play", {}),
        ("queue:add", {"trackId": track_id}),
        ("playback:seek", {"position": 60 + number}),
        ("queue:list", {}),
    ]
    turn = number
    while asyncio.get_running_loop().time() < until_s:
        listener.send(f"{listener.name}-away-{turn}")
        event, payload = deeds[turn % len(deeds)]
        answers[await answer(listener, event, payload | listener.here)] += 1
        turn += 1
        await asyncio.sleep(0.3)


async def answer(listener: Listener, event: str, payload: dict[str, Any]) -> str:
    """`success`, or why not."""
    assert listener.wire is not None
    try:
        envelope = await listener.wire.call(event, payload, ANSWERED_WITHIN_S)
    except ConnectionError:
        return "connection ended"
    return str(envelope.get("code", "success"))


async def readiness(crew: Fleet, status: int, within_s: float) -> None:
    """Wait until both processes answer so when asked whether they are ready."""
    for process in crew.places:
        await ready(process, status, within_s)


async def ready(process: Process, status: int, within_s: float) -> None:
    """Wait until it answers so."""
    async with asyncio.timeout(within_s):
        while (await get(process.url, "/health/ready"))[0] != status:
            await asyncio.sleep(0.1)


async def converged(listeners: list[Listener], leaver: Listener) -> float:
    """Wait until all of them have the truth by what they were told; the seconds that it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while wrong := await wrong_with(listeners, leaver):
        assert loop.time() - began < RIGHT_WITHIN_S, "\n".join(wrong)
        await asyncio.sleep(0.5)
    return loop.time() - began


async def wrong_with(listeners: list[Listener], leaver: Listener) -> list[str]:
    """In what they differ from the database, each in a sentence."""
    wrong = []
    playback, queue = await listeners[0].true_playback(), await listeners[0].true_queue()
    here = {listener.id: True for listener in listeners} | {leaver.id: False}
    for listener in listeners:
        who = listener.name
        if heard := differing(listener.playback, playback):
            wrong.append(f"{who} plays {heard}, the room {differing(playback, listener.playback)}")
        if listener.queue != queue:
            mine, true = (
                f"version {each[0]} with {len(each[1])}" for each in (listener.queue, queue)
            )
            wrong.append(f"{who} has the queue's {mine}, the room {true}")
        if (present := await listener.present()) != here:
            wrong.append(f"{who} is told {present}, not {here}")
        for user_id, online in here.items():
            if await listener.is_online(user_id) != online:
                wrong.append(f"{who} is told that {user_id} is {'off' if online else 'on'}line")
    return wrong


def differing(one: Json, other: Json) -> Json:
    """What `one` says that `other` does not."""
    return {key: value for key, value in one.items() if other.get(key) != value}


async def events_flow(listeners: list[Listener]) -> None:
    """What is done on one process is heard on the other, both ways."""
    for listener in listeners[:2]:
        done = await listener.ask("playback:seek", position=7, **listener.here)
        wanted = partial(all_play, listeners, done["data"]["version"])
        await until(wanted, lambda: str({each.name: each.playback for each in listeners}))


def all_play(listeners: list[Listener], version: int) -> bool:
    return all(listener.playback["version"] >= version for listener in listeners)
