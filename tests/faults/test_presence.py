"""Friends come and go on two processes, one of which is killed: no ghost, nobody missing."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import house_env, sign_up
from tests.databases import database
from tests.faults.ledger import report
from tests.faults.wire import Json, Wire
from tests.presence import befriend
from tests.servers import House, Process, redis_server
from tests.test_restart import serving

FRIENDS = 60
CHANGES = 1000
AT_ONCE = 10
MOST_SOCKETS = 2
SEED = 2026
RIGHT_WITHIN_S = 60.0


class Friend:
    """Somebody with up to a few sockets, wherever they find a process."""

    def __init__(self, account: Json) -> None:
        self.id: str = account["user"]["id"]
        self.token: str = account["accessToken"]
        self._wires: list[Wire] = []

    @property
    def wires(self) -> list[Wire]:
        """Those that are open."""
        return [wire for wire in self._wires if not wire.closed.done()]

    @property
    def status(self) -> str:
        """What is true of them, once they have stopped coming and going for a while."""
        return "online" if self.wires else "offline"

    async def come(self, url: str) -> None:
        """One socket more, if the process lives."""
        with suppress(OSError):
            self._wires.append(await Wire.open(url, self.token, lambda *_: None))

    async def go(self, wire: Wire) -> None:
        """One socket less."""
        wire.close()
        await wire.ended()

    async def lost(self) -> None:
        """Wait until no socket is open any more."""
        for wire in self._wires:
            await wire.ended()

    async def fidget(self, chance: random.Random, urls: list[str]) -> None:
        """Come or go, as chance has it."""
        wires = self.wires
        if wires and (len(wires) == MOST_SOCKETS or chance.random() < 0.5):
            await self.go(chance.choice(wires))
        else:
            await self.come(chance.choice(urls))


class Circle:
    """An observer with many friends, on two processes; and what the observer was told of each."""

    def __init__(self, house: House, observer: Json, friends: list[Friend]) -> None:
        self.house, self.friends = house, friends
        self.id: str = observer["user"]["id"]
        self._token: str = observer["accessToken"]
        self.told: list[tuple[str, str]] = []
        self._wire: Wire

    async def watch(self, url: str) -> None:
        """Have the observer listen on that process."""
        self._wire = await Wire.open(url, self._token, self._hear)

    def _hear(self, event: str, data: Any) -> None:
        if event == "friend:presence":
            self.told.append((data["userId"], data["status"]))

    def heard_of(self, friend: Friend) -> list[str]:
        """The statuses in the order in which they were heard; what was said again counts once."""
        heard = [status for user_id, status in self.told if user_id == friend.id]
        return [status for status, _ in groupby(heard)]

    async def close(self) -> None:
        for wire in (self._wire, *(wire for friend in self.friends for wire in friend.wires)):
            wire.close()
            await wire.ended()

    async def wrong(self) -> list[str]:
        """In what anything differs from the truth."""
        last = dict(self.told)
        differing = [
            f"the observer believes {friend.id} to be {last.get(friend.id)}, not {friend.status}"
            for friend in self.friends
            if last.get(friend.id, "offline") != friend.status
        ]
        for url in self.house.urls:
            differing += await self._wrong_at(url)
        return differing

    async def _wrong_at(self, url: str) -> list[str]:
        """The same of what a process answers."""
        wire = await Wire.open(url, self._token, lambda *_: None)
        listed = await wire.ok("user:list", {"limit": 100})
        got = [await wire.ok("user:get", {"userId": friend.id}) for friend in self.friends]
        wire.close()
        await wire.ended()
        said = [(user["id"], user["status"]) for user in (*listed, *got)]
        truth = {friend.id: friend.status for friend in self.friends}
        assert truth.keys() <= {user["id"] for user in listed}
        return [
            f"{url} says that {user_id} is {status}, not {truth[user_id]}"
            for user_id, status in said
            if truth.get(user_id, status) != status
        ]

    async def right(self) -> float:
        """Wait until nothing differs from the truth; the seconds that it took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while wrong := await self.wrong():
            assert loop.time() - began < RIGHT_WITHIN_S, "\n".join([f"seed {SEED}", *wrong])
            await asyncio.sleep(0.5)
        return loop.time() - began


@pytest.fixture
async def circle(postgres_url: str, tmp_path: Path) -> AsyncIterator[Circle]:
    """The observer on the second process; the first is the one that tells."""
    with ExitStack() as things:
        redis = things.enter_context(redis_server(tmp_path / "redis"))
        url = await asyncio.to_thread(things.enter_context, database(postgres_url))
        env = house_env(tmp_path / "data", DATABASE_URL=url, REDIS_URL=redis)
        async with serving(House("own", env), 2) as house:
            here = house.urls[0]
            accounts = [await sign_up(here, f"f{number}") for number in range(FRIENDS + 1)]
            circle = Circle(house, accounts[0], [Friend(account) for account in accounts[1:]])
            await befriend(house, *((circle.id, friend.id) for friend in circle.friends))
            await circle.watch(house.urls[1])
            yield circle
            await circle.close()


async def change_many(circle: Circle, chance: random.Random, changes: int) -> None:
    """So many comings and goings, some at one time."""
    for _ in range(changes // AT_ONCE):
        some = chance.sample(circle.friends, AT_ONCE)
        async with asyncio.TaskGroup() as moves:
            for friend in some:
                moves.create_task(friend.fidget(chance, circle.house.urls))


@pytest.mark.timeout(400)
async def test_a_thousand_comings_and_goings_and_a_kill_leave_no_ghost_and_nobody_missing(
    circle: Circle,
) -> None:
    chance, house = random.Random(SEED), circle.house
    await change_many(circle, chance, CHANGES // 2)
    killing = asyncio.create_task(asyncio.to_thread(house.processes[0].kill))
    await change_many(circle, chance, CHANGES // 10)
    await killing
    starting = asyncio.create_task(asyncio.to_thread(house.start))
    await change_many(circle, chance, CHANGES // 5)
    await starting
    await change_many(circle, chance, CHANGES // 5)
    assert len(house.urls) == 2
    took_s = await circle.right()
    there = sum(friend.status == "online" for friend in circle.friends)
    report(f"{there} of {FRIENDS} there, everybody right after {took_s:.1f} s (seed {SEED})")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("end", [Process.kill, Process.stop])
async def test_who_comes_back_elsewhere_after_their_process_ended_was_never_gone(
    circle: Circle, end: Callable[[Process], Any]
) -> None:
    doomed, survivor = circle.house.processes
    back, lost = circle.friends[:10], circle.friends[10:20]
    for friend in (*back, *lost):
        await friend.come(doomed.url)
    await circle.right()
    ending = asyncio.create_task(asyncio.to_thread(end, doomed))
    for friend in back:
        await friend.lost()
        await friend.come(survivor.url)
    await ending
    took_s = await circle.right()
    assert [circle.heard_of(friend) for friend in lost] == [["online", "offline"]] * len(lost)
    report(f"those who were lost were missed after {took_s:.1f} s")
    assert [circle.heard_of(friend) for friend in back] == [["online"]] * len(back)
