"""PostgreSQL is restarted: the servers say that it is away, and go on when it is back."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import MakeTrack
from tests.faults.fleet import Fleet, fleet
from tests.faults.ledger import report
from tests.faults.listener import Listener
from tests.faults.test_redis_gone import answer, readiness
from tests.faults.wire import Json
from tests.servers import Postgres, own_postgres

AWAY_S = 3.0
NOTICED_WITHIN_S = 10.0
BACK_WITHIN_S = 15.0


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of the test's own."""
    with own_postgres() as server:
        yield server


@pytest.fixture
async def crew(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Fleet]:
    """Eight listeners on two processes, who write without pause."""
    async with fleet(
        postgres.url, tmp_path, members=8, rate=80, of=Listener, may_be_away=True
    ) as crew:
        yield crew


@pytest.mark.timeout(240)
async def test_without_postgres_everything_is_unavailable_and_with_it_all_goes_on(
    crew: Fleet, postgres: Postgres, make_track: MakeTrack
) -> None:
    listeners = [member for member in crew.members if isinstance(member, Listener)]
    track_id = await make_track(duration=3600)
    await listeners[0].ask("playback:play", trackId=track_id, **listeners[0].here)
    crew.ledger.flowing.set()
    await crew.acknowledge(50)
    before = standing(crew)

    await asyncio.to_thread(postgres.stop)
    crew.ledger.flowing.clear()
    back_at = asyncio.get_running_loop().time() + AWAY_S
    while asyncio.get_running_loop().time() < back_at:
        answers = await try_everything(listeners, track_id)
        assert answers.keys() == {"unavailable"}, answers
    await readiness(crew, 503, NOTICED_WITHIN_S)
    for member in crew.members:
        member.send(f"{member.name}-through-the-outage")
    await asyncio.to_thread(postgres.start)

    took_s = await all_succeeds(listeners, track_id)
    report(f"everything worked {took_s:.1f} s after PostgreSQL was back")
    await readiness(crew, 200, BACK_WITHIN_S)
    assert standing(crew) == before
    crew.ledger.flowing.set()
    await crew.acknowledge(50)
    await crew.settle()
    await crew.check()
    assert crew.ledger.codes["unavailable"]


def standing(crew: Fleet) -> tuple[list[int | None], list[int], list[int]]:
    """Which processes there are and whether they have ended; how often members have connected."""
    ends = [process.popen.poll() for process in crew.places]
    pids = [process.popen.pid for process in crew.places]
    return ends, pids, [member.connections for member in crew.members]


async def try_everything(listeners: list[Listener], track_id: str) -> Counter[str]:
    """What becomes of reads and writes of everybody."""
    deeds = [(listener, *deed) for listener in listeners for deed in each(listener, track_id)]
    return Counter(await asyncio.gather(*(answer(*deed) for deed in deeds)))


def each(listener: Listener, track_id: str) -> list[tuple[str, Json]]:
    """Of each kind one, reads and writes."""
    here, there = listener.here, {"channelId": listener.channel}
    return [
        ("message:list", there),
        ("channel:sync", {"since": 0, **there}),
        ("room:join", here),
        ("playback:get", here),
        ("queue:list", here),
        ("playback:seek", {"position": 60, **here}),
        ("queue:add", {"trackId": track_id, **here}),
        ("message", {"content": "once", "nonce": f"{listener.name}-once", **there}),
    ]


async def all_succeeds(listeners: list[Listener], track_id: str) -> float:
    """Wait until nothing is refused any more; the seconds that it took."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while (answers := await try_everything(listeners, track_id)).keys() != {"success"}:
        assert answers.keys() <= {"success", "unavailable"}, answers
        assert loop.time() - began < BACK_WITHIN_S, answers
        await asyncio.sleep(0.2)
    return loop.time() - began
