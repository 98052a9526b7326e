"""Guests who sign in, connect and enter rooms: what a load needs before it can begin."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import uuid4

import aiohttp

from bench.meter import Meter, Tally
from bench.sides import Target
from bench.wire import Wire

AT_ONCE = 16
CAPACITY = 1000  # of a room, at most
T = TypeVar("T")
R = TypeVar("R")


@dataclass
class Crowd:
    """Connections to one server, by room."""

    target: Target
    tally: Tally = field(default_factory=Tally)
    rooms: list[list[Meter]] = field(default_factory=list)

    @property
    def meters(self) -> list[Meter]:
        return [meter for room in self.rooms for meter in room]

    def close(self) -> None:
        for meter in self.meters:
            meter.close()

    def abort(self) -> None:
        for meter in self.meters:
            meter.abort()


async def guests(target: Target, count: int) -> list[str]:
    """The access tokens of so many new guests."""
    async with aiohttp.ClientSession() as session:

        async def sign_in(_number: int) -> str:
            body = {"username": f"g-{uuid4().hex[:16]}"}
            async with session.post(f"{target.url}/auth/guest", json=body) as response:
                token: str = (await response.json())["data"]["accessToken"]
                return token

        return await at_once(sign_in, range(count))


async def in_rooms(target: Target, rooms: int, size: int, workers: int = 1) -> Crowd:
    """New guests in new rooms, each with one connection; as many on each of the workers."""
    return await enter(target, await guests(target, rooms * size), rooms, workers)


async def enter(target: Target, tokens: Sequence[str], rooms: int, workers: int = 1) -> Crowd:
    """Connect with each token, and spread the connections evenly over new rooms."""
    crowd, taken = Crowd(target), Counter[str]()

    async def connect(token: str) -> Wire:
        while True:
            wire = await Wire.connect(target.url, token)
            if taken[wire.worker] < -(-len(tokens) // workers):
                taken[wire.worker] += 1
                return wire
            wire.close()

    async def fill(wires: Sequence[Wire]) -> list[Meter]:
        room = (await wires[0].call("room:create", {"name": "Bench", "capacity": CAPACITY}))["room"]
        for wire in wires:
            await wire.call("room:join", {"roomId": room["id"]})
        return [Meter(wire, crowd.tally, room["channelId"]) for wire in wires]

    wires = await at_once(connect, tokens)
    crowd.rooms = await at_once(fill, [wires[number::rooms] for number in range(rooms)])
    return crowd


async def at_once(
    act: Callable[[T], Awaitable[R]], items: Iterable[T], at_once: int = AT_ONCE
) -> list[R]:
    """`act` for each item, a few at a time; what they gave, in the order of the items."""
    limit = asyncio.Semaphore(at_once)

    async def one(item: T) -> R:
        async with limit:
            return await act(item)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(item)) for item in items]
    return [task.result() for task in tasks]
