"""How a websocket begins: the head of the request, and what comes with it."""

import json

import pytest

from tests.protocol.wire import (
    KEY,
    PING,
    PONG,
    TARGET,
    accept_of,
    masked,
    message,
    messages,
    upgrade,
    wire,
)

STRANGE = "https://evil.example.net"


@pytest.mark.parametrize("key", ["dGhlIHNhbXBsZSBub25jZQ==", KEY])
async def test_the_key_is_accepted_by_its_digest(url: str, key: str) -> None:
    async with wire(url) as line:
        answer = await line.request(upgrade({"Sec-WebSocket-Key": key}))
        assert answer.status == 101
        assert answer.headers["sec-websocket-accept"] == accept_of(key)
        assert answer.headers["upgrade"].lower() == "websocket"
        assert answer.headers["connection"].lower() == "upgrade"
        assert (await line.text()).startswith("0{")


def test_the_digest_is_that_of_the_standards_own_example() -> None:
    assert accept_of("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    "changes",
    [
        {"Sec-WebSocket-Key": None},
        {"Sec-WebSocket-Key": ""},
        {"Sec-WebSocket-Key": "c2hvcnQ="},
        {"Sec-WebSocket-Key": "A" * 32},
        {"Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!=="},
        {"Sec-WebSocket-Version": None},
        {"Sec-WebSocket-Version": "8"},
        {"Sec-WebSocket-Version": "14"},
        {"Sec-WebSocket-Version": "thirteen"},
        {"Upgrade": None},
        {"Upgrade": "h2c"},
        {"Connection": None},
        {"Connection": "keep-alive"},
        {"Host": None},
        {"Origin": STRANGE},
        {"Origin": "null"},
        {"Origin": "http://localhost", "origin": STRANGE},
        {"Origin": STRANGE, "origin": "http://localhost"},
        {"Origin": f"http://localhost, {STRANGE}"},
        {"Origin": "http://localhost.evil.example.net"},
    ],
    ids=str,
)
async def test_a_request_that_is_not_quite_an_upgrade_is_refused(
    url: str, changes: dict[str, str | None]
) -> None:
    async with wire(url) as line:
        answer = await line.request(upgrade(changes))
        assert 400 <= answer.status < 500


async def test_another_version_is_told_ours(url: str) -> None:
    async with wire(url) as line:
        answer = await line.request(upgrade({"Sec-WebSocket-Version": "8"}))
        assert answer.status == 426
        assert answer.headers["sec-websocket-version"] == "13"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
async def test_only_a_get_is_upgraded(url: str, method: str) -> None:
    async with wire(url) as line:
        answer = await line.request(upgrade({"Content-Length": "0"}, method=method))
        assert answer.status != 101
        assert answer.status < 500


async def test_http_1_0_is_not_upgraded(url: str) -> None:
    async with wire(url) as line:
        answer = await line.request(upgrade(version="HTTP/1.0"))
        assert 400 <= answer.status < 500


@pytest.mark.parametrize(
    "target",
    [
        "/socket.io/?transport=websocket",
        "/socket.io/?EIO=abc&transport=websocket",
        "/socket.io/?EIO=3&transport=websocket",
        "/socket.io/?EIO=4&transport=abc",
        f"{TARGET}&sid=nobody",
        f"{TARGET}&sid=" + "x" * 2000,
        f"{TARGET}&sid=%00%ff",
    ],
)
async def test_a_websocket_of_no_session_is_refused_before_the_upgrade(
    url: str, target: str
) -> None:
    async with wire(url) as line:
        assert (await line.request(upgrade(target=target))).status == 400


@pytest.mark.parametrize("target", ["/", "/health", "/socket.io/x?EIO=4&transport=websocket"])
async def test_elsewhere_there_is_no_websocket(url: str, target: str) -> None:
    async with wire(url) as line:
        answer = await line.request(upgrade(target=target))
        assert answer.status != 101
        assert answer.status < 500


@pytest.mark.parametrize(
    "changes",
    [
        {"Upgrade": "WebSocket"},
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": "UPGRADE"},
        {"Upgrade": None, "upgrade": "websocket"},
        {"Sec-WebSocket-Key": None, "SEC-WEBSOCKET-KEY": KEY},
        {"Sec-WebSocket-Protocol": "chat, superchat"},
        {"Cookie": "a=b; c=d"},
        {"Sec-WebSocket-Key": f"  {KEY}\t"},
    ],
    ids=str,
)
async def test_names_and_words_are_taken_without_regard_to_case(
    url: str, changes: dict[str, str | None]
) -> None:
    async with wire(url) as line:
        answer = await line.request(upgrade(changes))
        assert answer.status == 101
        assert answer.headers.get("sec-websocket-protocol", "chat") in {"chat", "superchat"}
        assert (await line.text()).startswith("0{")


async def test_our_own_page_is_let_in(url: str) -> None:
    host = url.removeprefix("http://")
    async with wire(url) as line:
        assert (await line.request(upgrade({"Host": host, "Origin": url}))).status == 101


@pytest.mark.parametrize(
    "offer",
    [
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits; server_no_context_takeover",
        "x-webkit-deflate-frame, permessage-deflate; server_max_window_bits=99",
        "rubbish;;=,",
    ],
)
async def test_no_compression_is_agreed_whatever_is_offered(url: str, offer: str) -> None:
    async with wire(url) as line:
        answer = await line.request(upgrade({"Sec-WebSocket-Extensions": offer}))
        assert answer.status == 101
        assert "sec-websocket-extensions" not in answer.headers
        frame = await line.frame()
        assert (frame.reserved, frame.masked) == (0, False)
        assert "sid" in json.loads(frame.payload[1:])


async def test_a_head_that_comes_byte_by_byte_is_taken(url: str) -> None:
    async with wire(url) as line:
        await line.drip(upgrade())
        assert (await line.answer()).status == 101
        assert (await line.text()).startswith("0{")


async def test_what_comes_in_one_segment_with_the_head_is_not_lost(url: str) -> None:
    async with wire(url) as line:
        first = masked(PING, b"first") + messages(f'42{n}["user:me"]' for n in range(3))
        assert (await line.request(upgrade() + first)).status == 101
        opened, pong = [await line.frame() for _ in range(2)]
        if opened.opcode == PONG:  # either may be the quicker
            opened, pong = pong, opened
        assert opened.payload.startswith(b"0{")
        assert pong.payload == b"first"
        for number in range(3):
            assert (await line.text()).startswith(f'43{number}[{{"success":false')


async def test_half_a_frame_may_come_with_the_head(url: str) -> None:
    async with wire(url) as line:
        event = message('421["user:me"]')
        assert (await line.request(upgrade() + event[:5])).status == 101
        await line.send(event[5:])
        assert (await line.text()).startswith("0{")
        assert "unauthorized" in await line.text()


@pytest.mark.parametrize(
    "target",
    [
        f"http://localhost{TARGET}",
        TARGET.replace("s", "%73", 1),
        f"/{TARGET}",
        f"{TARGET}&EIO=3",
        f"{TARGET}&transport=polling",
        f"{TARGET}&%",
        f"{TARGET}#part",
        "*",
        "?EIO=4&transport=websocket",
    ],
)
async def test_a_target_of_an_odd_kind_is_granted_or_refused_and_breaks_nothing(
    url: str, target: str
) -> None:
    async with wire(url) as line:
        answer = await line.request(upgrade(target=target))
        assert answer.status == 101 or 400 <= answer.status < 500
