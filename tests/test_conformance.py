"""The stock clients, each over every transport: what they see is what the protocol says."""

import asyncio
import itertools
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.client import Client, post
from tests.conftest import Connect, house_env, sign_up
from tests.servers import House
from tests.stock import TRANSPORTS, JavaScript, Python, Seen, Stock, line

BURST = 200

languages = pytest.mark.parametrize("language", [JavaScript, Python], ids=["javascript", "python"])
transports = pytest.mark.parametrize("transport", TRANSPORTS)

Start = Callable[..., Awaitable[Stock]]


@pytest.fixture
async def start(language: type[Stock], transport: str) -> AsyncIterator[Start]:
    """`await start(url, token)`: a stock client of the language and the transport at hand."""
    clients: list[Stock] = []

    async def start(url: str, token: str, *, traffic: int = 0) -> Stock:
        client = language(url, token, transport, traffic)
        clients.append(client)
        await client.start()
        return client

    yield start
    for client in clients:
        await client.close()


@languages
@transports
async def test_connected_comes_first_and_says_who_i_am(house: House, start: Start) -> None:
    account = await sign_up(house.urls[0], "ada")
    client = await start(house.urls[0], account["accessToken"])
    (hello,) = await client.hears("connected")
    assert hello["user"]["username"] == account["user"]["username"]
    events = [seen["event"] for seen in client.seen if seen["what"] == "event"]
    assert events[0] == "connected"


@languages
@transports
async def test_a_bad_token_is_a_connect_error_with_a_sentence_and_a_code(
    house: House, start: Start
) -> None:
    client = await start(house.urls[0], "rubbish")
    (error, *_) = await client.sees("connect_error")
    assert error["message"] == "This token is not valid."
    assert error["data"] == {"code": "token_invalid"}


@languages
@transports
async def test_events_and_their_acknowledgements_keep_their_order(
    house: House, start: Start
) -> None:
    account = await sign_up(house.urls[0])
    client = await start(house.urls[0], account["accessToken"])
    await client.hears("connected")
    await client.send(*((n, "clock:sync", {"clientTime": n}) for n in range(BURST)))
    acks = await client.sees("ack", count=BURST)
    assert [ack["number"] for ack in acks] == list(range(BURST))
    assert [client_time(ack) for ack in acks] == list(range(BURST))


def client_time(ack: Seen) -> float:
    (envelope,) = ack["answers"]
    assert envelope["success"], envelope
    value: float = envelope["data"]["clientTime"]
    return value


@languages
@transports
async def test_an_event_without_acknowledgement_is_done_and_others_hear_of_it(
    house: House, start: Start, connect: Connect
) -> None:
    bob = await connect("bob")
    account = await sign_up(house.urls[-1], "ada")
    client = await start(house.urls[-1], account["accessToken"])
    await client.hears("connected")
    names = [f"Ada {n}" for n in range(40)]
    await client.send(*((None, "user:update_profile", {"displayName": name}) for name in names))
    ada = account["user"]["id"]
    await bob.hears(
        "user:updated", lambda user: user["id"] == ada and user["displayName"] == names[-1]
    )
    heard = [user["displayName"] for user in bob.heard("user:updated") if user["id"] == ada]
    assert heard == names


@languages
@transports
async def test_what_another_says_arrives_in_its_order(
    house: House, start: Start, connect: Connect
) -> None:
    bob = await connect("bob")
    account = await sign_up(house.urls[-1])
    client = await start(house.urls[-1], account["accessToken"])
    await client.hears("connected")
    await asyncio.gather(*(rename(bob, n) for n in range(60)))
    assert await names_of(client, bob.id, until="Bob 59") == [f"Bob {n}" for n in range(60)]


async def keep_renaming(client: Client, enough: asyncio.Event) -> int:
    """Rename until it is enough; gives the number of the last name."""
    for number in itertools.count():
        await rename(client, number)
        if enough.is_set():
            break
    return number


async def rename(client: Client, number: int) -> None:
    await client.ok("user:update_profile", {"displayName": f"Bob {number}"})


async def names_of(client: Stock, user_id: str, *, until: str) -> list[str]:
    """The names that the client heard a user take, up to `until`."""

    def of_user(seen: Seen) -> bool:
        return bool(seen["event"] == "user:updated" and seen["values"][0]["id"] == user_id)

    await client.sees("event", lambda s: of_user(s) and s["values"][0]["displayName"] == until)
    found = await client.sees("event", of_user)
    return [seen["values"][0]["displayName"] for seen in found]


@languages
@pytest.mark.parametrize("transport", ["default"])
async def test_an_upgrade_in_the_middle_of_traffic_loses_nothing(
    house: House, start: Start, connect: Connect
) -> None:
    bob = await connect("bob")
    account = await sign_up(house.urls[-1])
    enough = asyncio.Event()
    talk = asyncio.create_task(keep_renaming(bob, enough))
    client = await start(house.urls[-1], account["accessToken"], traffic=60)
    acks = await client.sees("ack", count=180)
    assert [ack["number"] for ack in acks] == list(range(180))
    enough.set()
    last = await talk
    heard = await names_of(client, bob.id, until=f"Bob {last}")
    assert heard == [f"Bob {n}" for n in range(last + 1 - len(heard), last + 1)]
    if isinstance(client, JavaScript):  # Python's upgrades before it says that it is connected
        (upgrade,) = await client.sees("upgrade")
        assert upgrade["transport"] == "websocket"


@languages
@transports
async def test_who_is_signed_out_is_disconnected_and_does_not_come_back(
    house: House, start: Start
) -> None:
    account = await sign_up(house.urls[0])
    client = await start(house.urls[0], account["accessToken"])
    await client.hears("connected")
    await post(house.urls[-1], "/auth/logout", token=account["accessToken"])
    assert await client.hears("session:ended") == [{"code": "session_revoked", "reconnect": False}]
    (gone,) = await client.sees("disconnect")
    assert gone["reason"] in {"io server disconnect", "server disconnect"}
    assert len(await client.sees("connect")) == 1


@languages
@transports
async def test_after_a_broken_line_the_client_comes_back_by_itself(
    house: House, start: Start
) -> None:
    account = await sign_up(house.urls[0])
    async with line(house.urls[0]) as between:
        client = await start(between.url, account["accessToken"])
        await client.hears("connected")
        answer = await client.call(1, "user:me", {})
        between.cut()
        await client.sees("disconnect")
        between.mend()
        first, second = await client.hears("connected", count=2)
        assert first["sessionId"] == second["sessionId"]
        assert await client.call(2, "user:me", {}) == answer


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


@languages
@transports
async def test_a_planned_stop_is_announced_and_survived(
    language: type[Stock], start: Start, tmp_path: Path
) -> None:
    house = House("sqlite", {**house_env(tmp_path), "PORT": free_port()})
    process = await asyncio.to_thread(house.start)
    account = await sign_up(process.url)
    client = await start(process.url, account["accessToken"])
    await client.hears("connected")
    process.popen.send_signal(signal.SIGTERM)
    await client.send(*((n, "clock:sync", {"clientTime": n}) for n in range(20)))
    (draining,) = await client.hears("server:draining")
    assert draining["retryAfter"] > 0
    (gone,) = await client.sees("disconnect")
    assert gone["reason"] not in {"io server disconnect", "server disconnect"}
    assert await asyncio.to_thread(process.stop) == 0
    await asyncio.to_thread(house.start)
    assert len(await client.hears("connected", count=2)) == 2
    assert (await client.call(99, "user:me", {}))["success"]
    house.stop()
