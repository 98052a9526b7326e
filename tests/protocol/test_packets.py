"""What carries no packet of Engine.IO: bodies and frames that end their session, or are counted."""

import pytest

from realtime.server import MAX_STRIKES
from tests.protocol.session import Session, WebSocket, open_session, polling
from tests.protocol.wire import BINARY, head, masked, wire

MAX_PAYLOAD = 64 * 1024


@pytest.mark.parametrize(
    "body",
    [
        b"abc",
        b"4\xff\xfe",
        b"\xff",
        b'421["user:me"]\x1e',
        b'\x1e421["user:me"]',
        b'421["user:me"]\x1e\x1e422["user:me"]',
        b"7",
        b"b!not base64!",
        b"4" + b"x" * MAX_PAYLOAD,
    ],
)
async def test_a_body_that_is_no_list_of_packets_is_refused_and_ends_the_session(
    url: str, token: str, body: bytes
) -> None:
    async with polling(url) as session:
        await session.join(token)
        assert (await session.post(body))[0] in {400, 413}
        assert (await session.poll())[0] == 400


async def test_a_body_of_an_announced_size_over_the_limit_is_not_waited_for(url: str) -> None:
    async with polling(url) as session, wire(url) as line:
        headers = {"Host": "localhost", "Content-Length": str(1 << 40)}
        await line.send(head("POST", session.target, headers, "HTTP/1.1"), b"4" * 70_000)
        assert (await line.answer()).status in {400, 413}
        await session.ends()


async def test_after_the_end_a_post_is_refused(url: str, token: str) -> None:
    async with polling(url) as session:
        await session.join(token)
        await session.send(*["4rubbish"] * MAX_STRIKES)
        while (status := (await session.post("3"))[0]) == 200:
            pass
        assert status == 400


@pytest.mark.parametrize("packet", ["abc", "7", "", "x" * 100, "2", "2probe"])
async def test_a_packet_that_no_client_may_send_ends_the_session(
    joined: Session, packet: str
) -> None:
    await joined.send('421["clock:sync",{"clientTime":1}]', packet)
    await joined.ends()


async def test_packets_of_base64_are_for_polling_only(url: str, token: str) -> None:
    async with open_session(url, "websocket") as session:
        await session.join(token)
        await session.send("bAQIDBA==")
        await session.ends()


async def test_a_binary_packet_is_refused_and_its_repetition_ends_the_session(
    url: str, token: str
) -> None:
    async with polling(url) as session:
        await session.join(token)
        await session.send("bAQIDBA==", '421["clock:sync",{"clientTime":1}]')
        assert (await session.answer(1))["success"]
        await session.send(*["bAQIDBA=="] * MAX_STRIKES)
        await session.ends()


async def test_binary_frames_are_no_packets_of_ours(url: str, token: str) -> None:
    async with open_session(url, "websocket") as session:
        assert isinstance(session, WebSocket)
        await session.join(token)
        for _ in range(MAX_STRIKES):
            await session.line.send(masked(BINARY, b"\x01\x02\x03\x04"))
        await session.ends()
