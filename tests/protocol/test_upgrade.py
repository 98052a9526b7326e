"""From polling to a websocket: probed, taken over without a loss, or left as it was."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest

from tests.protocol.session import Polling, polling
from tests.protocol.wire import Wire, message, upgrade, websocket, wire


@pytest.fixture
async def poller(url: str, token: str) -> AsyncIterator[Polling]:
    """A polling session that has joined."""
    async with polling(url) as session:
        await session.join(token)
        yield session


def ask(number: int) -> str:
    return f'42{number}["clock:sync",{{"clientTime":{number}}}]'


def numbers(packets: Iterable[str]) -> list[int]:
    """Which events were acknowledged, in the order of their answers."""
    return [int(p[2 : p.index("[")]) for p in packets if p.startswith("43")]


async def probe(line: Wire) -> None:
    await line.send(message("2probe"))
    assert await line.text() == "3probe"


async def hears(line: Wire, last: int) -> list[str]:
    """What comes over the websocket, up to that answer."""
    packets = [await line.text()]
    while not packets[-1].startswith(f"43{last}["):
        packets.append(await line.text())
    return packets


async def test_a_probe_is_answered_and_ends_the_poll_that_waits(poller: Polling) -> None:
    waiting = asyncio.create_task(poller.poll())
    async with websocket(poller.url, poller.websocket_target) as line:
        await probe(line)
        assert await waiting == (200, "6")
        await line.send(message("5"), message(ask(1)))
        assert numbers(await hears(line, 1)) == [1]


async def test_after_the_upgrade_the_session_is_no_pollers(poller: Polling) -> None:
    async with websocket(poller.url, poller.websocket_target) as line:
        await probe(line)
        await line.send(message("5"), message(ask(1)))
        await hears(line, 1)
        assert (await poller.poll())[0] == 400
        assert (await poller.post(ask(2)))[0] == 400
        await line.send(message(ask(3)))
        assert numbers(await hears(line, 3)) == [3]


async def test_after_the_upgrade_no_second_websocket_takes_its_place(poller: Polling) -> None:
    async with websocket(poller.url, poller.websocket_target) as line, wire(poller.url) as late:
        await probe(line)
        await line.send(message("5"), message(ask(1)))
        await hears(line, 1)
        assert (await late.request(upgrade(target=poller.websocket_target))).status == 400
        await line.send(message(ask(2)))
        assert numbers(await hears(line, 2)) == [2]


async def test_what_is_said_around_an_upgrade_arrives_once_and_in_order(poller: Polling) -> None:
    await poller.send(*map(ask, range(5)))
    async with websocket(poller.url, poller.websocket_target) as line:
        waiting = asyncio.create_task(poller.hear())
        await probe(line)
        await poller.send(*map(ask, range(5, 10)))
        await waiting
        await poller.send(*map(ask, range(10, 15)))
        await line.send(message("5"), *(message(ask(n)) for n in range(15, 20)))
        packets = [*poller.packets, *await hears(line, 19)]
        assert numbers(packets) == list(range(20))


async def test_an_upgrade_waits_for_no_poll(poller: Polling) -> None:
    async with websocket(poller.url, poller.websocket_target) as line:
        await line.send(message("2probe"), message("5"), message(ask(1)))
        assert await line.text() == "3probe"
        assert numbers(await hears(line, 1)) == [1]


async def test_an_upgrade_before_joining_is_taken(url: str, token: str) -> None:
    async with polling(url) as session, websocket(url, session.websocket_target) as line:
        await probe(line)
        await line.send(message("5"), message(f'40{{"token":"{token}"}}'))
        while not (await line.text()).startswith('42["connected"'):
            pass


async def test_after_an_upgrade_a_goodbye_ends_the_websocket(poller: Polling) -> None:
    async with websocket(poller.url, poller.websocket_target) as line:
        await probe(line)
        await line.send(message("5"), message("1"))
        await line.is_over()
        assert (await poller.poll())[0] == 400


@pytest.mark.parametrize(
    "packets",
    [[], ["2"], ["2rubbish"], ["5"], ["4hello"], ["1"], ["2probe", "4x"]],
    ids=str,
)
async def test_a_probe_that_goes_wrong_leaves_the_poller_as_it_was(
    poller: Polling, packets: list[str]
) -> None:
    async with websocket(poller.url, poller.websocket_target) as line:
        await line.send(*map(message, packets))
        if not packets:
            line.vanish()
        await line.is_over()
    await poller.send(ask(1), ask(2))
    await poller.answer(2)
    assert numbers(poller.packets) == [1, 2]


async def test_after_a_probe_that_went_wrong_another_may_succeed(poller: Polling) -> None:
    for _ in range(3):
        async with websocket(poller.url, poller.websocket_target) as line:
            await probe(line)
    async with websocket(poller.url, poller.websocket_target) as line:
        await probe(line)
        await line.send(message("5"), message(ask(1)))
        assert numbers(await hears(line, 1)) == [1]


async def test_while_a_probe_goes_on_for_ever_the_poller_is_served(poller: Polling) -> None:
    async with websocket(poller.url, poller.websocket_target) as line:
        await probe(line)
        await poller.send(ask(1))
        async with asyncio.timeout(15):
            while numbers(poller.packets) != [1]:
                await poller.hear()


async def test_of_two_probes_at_once_one_at_most_takes_over(poller: Polling) -> None:
    target = poller.websocket_target
    async with websocket(poller.url, target) as one, wire(poller.url) as other:
        await probe(one)
        if (await other.request(upgrade(target=target))).status == 101:
            await other.send(message("2probe"))
        await one.send(message("5"), message(ask(1)))
        assert numbers(await hears(one, 1)) == [1]
        await other.send(message("5"), message(ask(2)))
        assert not any(b"432[" in frame.payload for frame in await other.is_over())
        await one.send(message(ask(3)))
        assert numbers(await hears(one, 3)) == [3]
