"""Two processes with a room in which everybody writes, and what must hold for all of it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.conftest import house_env, sign_up
from tests.databases import database
from tests.faults.ledger import Ledger, last_seq
from tests.faults.member import Member
from tests.faults.wire import Json, Wire
from tests.servers import House, Process
from tests.test_restart import Store, serving

PATIENCE_S = 40.0
REST_AFTER_S = 10.0
STALE_S = 15.0  # to notice what another's death left unsaid takes 8 s on a machine at rest


async def until(
    condition: Callable[[], bool], otherwise: Callable[[], str], within_s: float = PATIENCE_S
) -> None:
    """Wait until it holds; else fail with what `otherwise` says then."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    while not condition():
        assert loop.time() < deadline, f"After {within_s:g} s: {otherwise()}"
        await asyncio.sleep(0.05)


@dataclass
class Fleet:
    """Each process has a place, and so has each member; while its place is empty it is a guest."""

    house: House
    store: Store
    room: Json
    ledger: Ledger
    kind: type[Member]
    members: list[Member] = field(default_factory=list)
    places: list[Process] = field(default_factory=list)

    def url(self, place: int) -> str:
        """Where a member of that place finds a server now."""
        mine, other = self.places[place], self.places[1 - place]
        return (mine if mine.popen.poll() is None else other).url

    def of(self, place: int) -> list[Member]:
        return self.members[place::2]

    def add(self, account: Json) -> Member:
        """One more member, who comes in by itself."""
        url = partial(self.url, len(self.members) % 2)
        member = self.kind(account, self.room, self.ledger, url)
        self.members.append(member)
        member.start()
        return member

    async def restart(self, place: int) -> None:
        """Put a new process in that place, and have its members come home."""
        self.places[place] = await asyncio.to_thread(self.house.start)
        for member in self.members:
            member.go_home()

    async def all_in(self) -> None:
        """Wait until everybody is connected where they belong and has caught up.

        Who reads page after page while 500 more a second are written may never come to the end of
        the list, where the machine is slow: after a while the others pause.
        """

        def all_are_in() -> bool:
            if loop.time() > rest_at:
                self.ledger.flowing.clear()
            return not self._outside()

        loop = asyncio.get_running_loop()
        rest_at, flows = loop.time() + REST_AFTER_S, self.ledger.flowing.is_set()
        await until(
            all_are_in,
            lambda: f"not in: {[member.name for member in self._outside()]}, {self.ledger}",
        )
        if flows:
            self.ledger.flowing.set()

    def _outside(self) -> list[Member]:
        return [member for member in self.members if not member.is_in or member.at != member.url()]

    async def acknowledge(self, count: int) -> None:
        """Wait until so many more sends are acknowledged."""
        wanted = len(self.ledger.acked) + count
        await until(
            lambda: len(self.ledger.acked) >= wanted,
            lambda: f"{wanted - len(self.ledger.acked)} of {count} sends not acknowledged",
        )

    async def all_got(self, number: int, members: list[Member], within_s: float) -> None:
        """Wait until these members have everything up to `number`."""

        def behind() -> dict[str, int]:
            return {m.name: m.last for m in members if m.last < number}

        await until(
            lambda: not behind(),
            lambda: f"number {number} is stored, but these got less: {behind()}",
            within_s,
        )

    async def watch(self) -> None:
        """Complain of whom something acknowledged has not reached in time, though connected."""
        loop = asyncio.get_running_loop()
        heads = deque([(loop.time(), 0)])
        while True:
            await asyncio.sleep(0.5)
            if self.ledger.may_be_away:
                return  # while Redis is away, nothing is heard
            heads.append((loop.time(), self.ledger.head))
            while heads[1][0] < loop.time() - STALE_S:
                heads.popleft()
            since, head = heads[0]
            for member in self.members:
                if member.is_in and member.in_since < since and member.last < head:
                    self.ledger.complain(f"{member.name} waits too long for {member.last + 1}")

    async def settle(self) -> None:
        """Write no more, and wait until all is acknowledged and everybody has got it."""
        self.ledger.flowing.clear()
        await until(
            lambda: not any(member.unanswered for member in self.members),
            lambda: f"without an answer: {[list(m.unanswered)[:3] for m in self.members]}",
        )
        await self.all_in()
        await self.all_got(await self.last_seq(), self.members, within_s=PATIENCE_S)

    async def last_seq(self) -> int:
        return await last_seq(self.house, self.room["channelId"])

    async def check(self) -> None:
        """Nothing may have been lost, doubled or heard out of order."""
        stored = await self.ledger.check(self.house, self.room["channelId"])
        for member in self.members:
            self.ledger.compare(member.name, member.got, stored)
        assert not self.ledger.complaints, "\n".join(self.ledger.complaints)


@asynccontextmanager
async def fleet(
    postgres_url: str,
    folder: Path,
    members: int,
    *,
    rate: float = 0,
    of: type[Member] = Member,
    may_be_away: bool = False,
) -> AsyncIterator[Fleet]:
    """Two processes on a database and a Redis of their own, and a room with so many members.

    They write `rate` messages a second in all, as far as the machine can.
    """
    store = Store(folder / "redis")
    with ExitStack() as things:
        url = await asyncio.to_thread(things.enter_context, database(postgres_url))
        env = house_env(folder / "data", DATABASE_URL=url, REDIS_URL=await store.start())
        try:
            async with (
                serving(House("own", env), 2) as house,
                gathered(house, store, members, of, may_be_away) as crew,
            ):
                for member in crew.members if rate else ():
                    member.pace(members / rate)
                yield crew
        finally:
            await store.stop()


@asynccontextmanager
async def gathered(
    house: House, store: Store, members: int, of: type[Member], may_be_away: bool
) -> AsyncIterator[Fleet]:
    """So many members in a new room, spread over the processes, who have got a first message."""
    here = house.urls[0]
    accounts = [await sign_up(here, f"m{n}", guest=True) for n in range(members)]
    room = await open_room(here, accounts[0]["accessToken"])
    ledger = Ledger(may_be_away)
    crew = Fleet(house, store, room, ledger, of, places=list(house.processes))
    watch = asyncio.create_task(crew.watch())
    try:
        for account in accounts:
            crew.add(account)
        await crew.all_in()
        crew.members[0].send("first")
        await crew.all_got(1, crew.members, within_s=PATIENCE_S)
        yield crew
    finally:
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        for member in crew.members:
            await member.stop()


async def open_room(url: str, token: str) -> Json:
    """A new room in which everybody may do everything."""
    wire = await Wire.open(url, token, lambda *_: None)
    made = await wire.ok("room:create", {"name": "Kitchen", "controlMode": "everyone"})
    wire.close()
    await wire.ended()
    room: Json = made["room"]
    return room
