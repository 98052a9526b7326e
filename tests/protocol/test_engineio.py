"""Engine.IO 4 over both transports: how a session begins, what it carries, how it ends."""

import asyncio
import json

import aiohttp
import pytest

from tests.protocol.conftest import IsOffline
from tests.protocol.session import (
    SEPARATOR,
    Polling,
    Session,
    open_session,
    polling,
)
from tests.protocol.wire import get, plain, upgrade, wire

MAX_PAYLOAD = 64 * 1024
POLLING = "/socket.io/?EIO=4&transport=polling"


@pytest.mark.parametrize(("transport", "upgrades"), [("polling", ["websocket"]), ("websocket", [])])
async def test_the_first_packet_says_what_the_session_is(
    url: str, transport: str, upgrades: list[str]
) -> None:
    async with open_session(url, transport) as session:
        keys = {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}
        assert session.handshake.keys() == keys
        assert isinstance(session.sid, str)
        assert len(session.sid) >= 16
        assert session.handshake["upgrades"] == upgrades
        assert session.handshake["maxPayload"] == MAX_PAYLOAD
        for name in ("pingInterval", "pingTimeout"):
            assert isinstance(session.handshake[name], int)
            assert session.handshake[name] >= 1000


async def test_the_first_answer_of_polling_is_plain_text_and_not_to_be_kept(url: str) -> None:
    async with wire(url) as line:
        answer = await line.request(get(POLLING))
        assert answer.status == 200
        assert answer.headers["content-type"].lower() == "text/plain; charset=utf-8"
        assert "set-cookie" not in answer.headers
        assert SEPARATOR.encode() not in answer.body


@pytest.mark.parametrize(
    "query",
    [
        "transport=polling",
        "EIO=abc&transport=polling",
        "EIO=&transport=polling",
        "EIO=3&transport=polling",
        "EIO=44&transport=polling",
        "EIO=4",
        "EIO=4&transport=",
        "EIO=4&transport=abc",
        "EIO=4&transport=constructor",
        "EIO=4&transport=websocket",  # without an upgrade
        "EIO=4&transport=polling&sid=nobody",
        "EIO=4&transport=polling&sid=%00%ff",
        "EIO=4&transport=polling&sid=" + "x" * 4000,
        "",
    ],
    ids=lambda query: query[:60],
)
async def test_a_handshake_of_something_else_is_refused(url: str, query: str) -> None:
    async with wire(url) as line:
        assert (await line.request(get(f"/socket.io/?{query}"))).status == 400


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_a_session_begins_with_a_get(url: str, method: str) -> None:
    async with wire(url) as line:
        assert (await line.request(plain(method, POLLING))).status == 400


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_a_session_knows_get_and_post(url: str, method: str) -> None:
    async with polling(url) as session, wire(url) as line:
        assert (await line.request(plain(method, session.target))).status == 400
        await session.send('421["user:me"]')
        assert (await session.answer(1))["code"] == "unauthorized"


async def test_a_message_is_taken_and_answered(joined: Session) -> None:
    await joined.send('427["clock:sync",{"clientTime":5}]')
    assert (await joined.answer(7))["data"]["clientTime"] == 5


async def test_several_packets_together_are_taken_in_their_order(joined: Session) -> None:
    await joined.send(*(f'42{n}["clock:sync",{{"clientTime":{n}}}]' for n in range(100)))
    await joined.answer(99)
    acks = [packet for packet in joined.packets if packet.startswith("43")]
    assert [int(ack[2 : ack.index("[")]) for ack in acks] == list(range(100))


async def test_many_packets_together_are_each_answered_once_also_behind_a_bad_one(
    joined: Session,
) -> None:
    """An error may keep alive, by its traceback, what was just looking at the packets."""
    await joined.send(*(f'42{number}["clock:sync",{{}}]' for number in range(200)))
    await joined.gets("43199[")
    answers = [packet for packet in joined.packets if packet.startswith("43")]
    assert [int(answer[2:].partition("[")[0]) for answer in answers] == list(range(200))


async def test_letters_of_every_size_come_back_whole(joined: Session) -> None:
    name = "é\N{SNOWMAN}\N{MUSICAL SYMBOL G CLEF}"
    await joined.send("421" + json.dumps(["user:update_profile", {"displayName": name}]))
    assert (await joined.answer(1))["data"]["displayName"] == name
    event = ["user:update_profile", {"displayName": f"{name}!"}]
    await joined.send("422" + json.dumps(event, ensure_ascii=False))
    assert (await joined.answer(2))["data"]["displayName"] == f"{name}!"


async def test_a_pong_that_answers_no_ping_harms_nobody(joined: Session) -> None:
    await joined.send("3", "3", '421["clock:sync",{"clientTime":1}]')
    assert (await joined.answer(1))["success"]


async def test_a_goodbye_ends_the_session(joined: Session, is_offline: IsOffline) -> None:
    await joined.send("1")
    await joined.ends()
    await is_offline()


async def test_a_goodbye_ends_a_poll_that_waits(url: str) -> None:
    async with polling(url) as session, wire(url) as line:
        await line.send(get(session.target))
        await is_read(session)
        await session.send("1")
        waited = await line.answer()
        assert (waited.status, waited.body) == (200, b"6")
        assert (await session.poll())[0] == 400


async def is_read(session: Polling) -> None:
    """What was sent before over another connection has been read when this is answered."""
    for _ in range(2):
        async with session.http.get(f"{session.url}/health") as response:
            assert response.status == 200


async def test_two_polls_at_once_end_the_session(url: str) -> None:
    async with polling(url) as session, wire(url) as line:
        await line.send(get(session.target))
        await is_read(session)
        assert (await session.poll())[0] == 400
        first = await line.answer()
        assert (first.status, first.body) == (200, b"1")
        assert (await session.poll())[0] == 400


async def test_two_posts_at_once_end_the_session(url: str, token: str) -> None:
    async with polling(url) as session, wire(url) as line:
        await session.join(token)
        event = b'421["clock:sync",{"clientTime":1}]'
        await line.send(plain("POST", session.target, event)[:-1])
        await is_read(session)
        assert (await session.post('422["clock:sync",{"clientTime":2}]'))[0] == 400
        assert (await session.poll())[0] == 400


async def test_a_poll_and_a_post_at_once_are_the_way_of_polling(url: str, token: str) -> None:
    async with polling(url) as session:
        await session.join(token)
        for number in range(5):
            waiting = asyncio.create_task(session.hear())
            await session.send(f'42{number}["clock:sync",{{"clientTime":1}}]')
            await waiting
            assert (await session.answer(number))["success"]


async def test_a_session_of_a_websocket_is_no_pollers(url: str, token: str) -> None:
    async with open_session(url, "websocket") as session, aiohttp.ClientSession() as http:
        await session.join(token)
        stranger = f"{url}{POLLING}&sid={session.sid}"
        async with http.get(stranger) as polled, http.post(stranger, data="1") as posted:
            assert (polled.status, posted.status) == (400, 400)
        await session.send('421["clock:sync",{"clientTime":1}]')
        assert (await session.answer(1))["success"]


async def test_a_session_of_a_websocket_takes_no_second_one(url: str, token: str) -> None:
    async with open_session(url, "websocket") as session, wire(url) as line:
        await session.join(token)
        target = f"/socket.io/?EIO=4&transport=websocket&sid={session.sid}"
        assert 400 <= (await line.request(upgrade(target=target))).status < 500
        await session.send('421["clock:sync",{"clientTime":1}]')
        assert (await session.answer(1))["success"]
