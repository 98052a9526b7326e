"""The way between processes: one order for all, deaf ears that hear again, no word of bad form."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from config.redis import open_redis
from realtime.bus import CHANNEL, RESUMED, LocalBus, RedisBus
from tests.servers import redis_server

Message = dict[str, Any]


class Ear:
    """A process' end of the bus, and what it heard."""

    def __init__(self, url: str, name: str) -> None:
        self.client = open_redis(url)
        self.bus = RedisBus(self.client, name)
        self.heard: list[Message] = []

    def receive(self, message: Message) -> None:
        if message["kind"] == "poison":
            raise ValueError("what nobody foresaw")
        self.heard.append(message)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not condition():
                await asyncio.sleep(0.01)

    def numbers(self) -> list[int]:
        return [message["n"] for message in self.heard if message["kind"] == "say"]


@pytest.fixture
async def ears(redis_url: str) -> AsyncIterator[list[Ear]]:
    """Two processes on one Redis."""
    both = [Ear(redis_url, name) for name in ("one", "two")]
    for ear in both:
        await ear.bus.start(ear.receive)
    yield both
    for ear in both:
        await ear.bus.close()
        await ear.client.aclose()


async def test_every_process_hears_everything_in_one_order(ears: list[Ear]) -> None:
    for n in range(1500):
        for side, ear in enumerate(ears):
            ear.bus.publish({"kind": "say", "n": 2 * n + side})
        if n % 100 == 0:
            await asyncio.sleep(0)
    for ear in ears:
        await ear.until(lambda ear=ear: len(ear.numbers()) == 3000)  # type: ignore[misc]
    assert ears[0].numbers() == ears[1].numbers()
    assert [n for n in ears[0].numbers() if n % 2 == 0] == list(range(0, 3000, 2))


async def test_a_message_that_breaks_its_receiver_deafens_nobody(ears: list[Ear]) -> None:
    for rubbish in ("rubbish", "[]", "{}", '{"kind":"poison"}', "5"):
        await ears[0].client.publish(CHANNEL, rubbish)
    ears[0].bus.publish({"kind": "say", "n": 1})
    for ear in ears:
        await ear.until(lambda ear=ear: ear.numbers() == [1])  # type: ignore[misc]
        assert ear.bus.is_alive()


async def test_a_bus_whose_connections_were_killed_says_so_and_hears_again(
    ears: list[Ear],
) -> None:
    first = ears[0]
    await first.until(first.bus.is_alive)
    await first.client.client_kill_filter(_type="pubsub")
    for ear in ears:
        await ear.until(lambda ear=ear: {"kind": RESUMED} in ear.heard)  # type: ignore[misc]
    ears[1].bus.publish({"kind": "say", "n": 7})
    await first.until(lambda: first.numbers() == [7])


async def test_without_redis_a_bus_is_dead_holds_what_it_can_and_comes_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RedisBus, "MAX_WAITING", 50)
    monkeypatch.setattr(RedisBus, "ECHO_EVERY_S", 0.1)
    monkeypatch.setattr(RedisBus, "DEAF_AFTER_S", 0.5)
    with redis_server(tmp_path) as url:
        ear = Ear(url, "one")
        await ear.bus.start(ear.receive)
        await ear.until(ear.bus.is_alive)
    await ear.until(lambda: not ear.bus.is_alive())
    for n in range(500):
        ear.bus.publish({"kind": "say", "n": n})
    with redis_server(tmp_path):
        await ear.until(lambda: 499 in ear.numbers())
        assert ear.numbers() == sorted(ear.numbers())
        assert len(ear.numbers()) <= 51 + 1
        assert ear.heard[0] == {"kind": RESUMED}
        await ear.until(ear.bus.is_alive)
        await ear.bus.close()
    await ear.client.aclose()


async def test_one_process_alone_hears_itself_at_once() -> None:
    bus, heard = LocalBus(), list[Message]()
    bus.publish({"kind": "say", "n": 0})  # to nobody yet
    await bus.start(heard.append)
    bus.publish({"kind": "say", "n": 1})
    assert heard == [{"kind": "say", "n": 1}]
    assert bus.is_alive()
    await bus.close()
    bus.publish({"kind": "say", "n": 2})
    assert len(heard) == 1
