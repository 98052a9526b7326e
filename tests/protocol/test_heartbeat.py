"""The heartbeat over both transports: the server asks, and who does not answer is dropped."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import house_env, sign_up
from tests.protocol.session import TRANSPORTS, open_session, polling, until_nobody_is_there
from tests.protocol.wire import message, websocket
from tests.servers import House

PING_INTERVAL_S = PING_TIMEOUT_S = 1
CLOCK = '["clock:sync",{"clientTime":5}]'
transports = pytest.mark.parametrize("transport", TRANSPORTS)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with a short heartbeat; gives its URL."""
    settings = house_env(
        tmp_path_factory.mktemp("quick"),
        PING_INTERVAL=str(PING_INTERVAL_S),
        PING_TIMEOUT=str(PING_TIMEOUT_S),
    )
    house = House("sqlite", settings)
    house.start()
    yield house.urls[0]
    house.stop()


@pytest.fixture
async def account(quick: str) -> dict[str, Any]:
    """A new user of that server."""
    return await sign_up(quick, "ada", guest=True)


@transports
async def test_the_server_says_how_often_it_asks(quick: str, transport: str) -> None:
    async with open_session(quick, transport) as session:
        assert session.handshake["pingInterval"] == PING_INTERVAL_S * 1000
        assert session.handshake["pingTimeout"] == PING_TIMEOUT_S * 1000


@transports
async def test_who_answers_every_ping_stays(quick: str, token: str, transport: str) -> None:
    async with open_session(quick, transport) as session:
        await session.join(token)
        while session.packets.count("2") < 3:
            await session.hear()
        await session.send(f"421{CLOCK}")
        assert (await session.answer(1))["success"]


@transports
async def test_who_answers_no_ping_is_dropped(quick: str, token: str, transport: str) -> None:
    async with open_session(quick, transport) as session:
        await session.join(token)
        session.answers_pings = False
        await session.ends()
        assert session.packets.count("2") <= 2


async def test_who_never_polls_is_dropped(quick: str, account: dict[str, Any]) -> None:
    async with polling(quick) as session:
        await session.join(account["accessToken"])
        await until_nobody_is_there(quick)
        assert (await session.poll())[0] == 400


async def test_after_an_upgrade_the_heart_beats_on(quick: str, token: str) -> None:
    async with polling(quick) as session:
        await session.join(token)
        async with websocket(quick, session.websocket_target) as line:
            await line.send(message("2probe"), message("5"))
            pings = 0
            while pings < 3:
                frame = await line.frame()
                if frame.payload == b"2":
                    pings += 1
                    await line.send(message("3"))
            await line.send(message(f"421{CLOCK}"))
            assert (await line.text()).startswith("431[")


async def test_after_an_upgrade_who_answers_no_ping_is_dropped(quick: str, token: str) -> None:
    async with polling(quick) as session:
        await session.join(token)
        async with websocket(quick, session.websocket_target) as line:
            await line.send(message("2probe"), message("5"))
            frames = await line.is_over()
            assert [frame.payload for frame in frames].count(b"2") <= 2
        assert (await session.poll())[0] == 400
