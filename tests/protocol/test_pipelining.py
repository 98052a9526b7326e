"""Websockets behind plain requests on one connection: none overtakes, none is lost."""

import json

import pytest

from tests.protocol.session import polling
from tests.protocol.wire import TARGET, Wire, get, head, message, upgrade, websocket, wire

STRANGE = "https://evil.example.net"


async def test_an_upgrade_may_follow_a_request_on_the_same_connection(url: str) -> None:
    async with wire(url) as line:
        assert (await line.request(get("/health"))).status == 200
        await line.send(upgrade())
        await follows(line)


async def test_an_upgrade_behind_a_request_may_come_byte_by_byte(url: str) -> None:
    async with wire(url) as line:
        assert (await line.request(get("/health"))).status == 200
        await line.drip(upgrade())
        await follows(line)


async def test_an_upgrade_may_be_sent_before_the_request_ahead_is_answered(url: str) -> None:
    async with wire(url) as line:
        assert (await line.request(get("/health") + upgrade())).status == 200
        await follows(line)


async def follows(line: Wire) -> None:
    """An upgrade behind a request is granted, or refused in so many words."""
    answer = await line.answer()
    if answer.status != 101:
        assert 400 <= answer.status < 500
        return
    await line.send(message('421["user:me"]'))
    assert (await line.text()).startswith("0{")
    assert "unauthorized" in await line.text()


async def test_an_upgrade_does_not_overtake_a_poll_that_waits(url: str) -> None:
    async with polling(url) as session, wire(url) as line:
        await line.send(get(session.target), upgrade())
        await session.send('421["user:me"]')
        polled = await line.answer()
        assert (polled.status, polled.body[:4]) == (200, b"431[")
        await follows(line)


@pytest.mark.parametrize("encoding", ["length", "chunks"])
async def test_a_body_that_looks_like_an_upgrade_is_a_body(url: str, encoding: str) -> None:
    body = upgrade() + message('421["user:me"]')
    chunked = encoding == "chunks"
    headers = {"Host": "localhost", "Content-Type": "application/json"}
    size = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(body))}
    post = head("POST", "/auth/login", {**headers, **size}, "HTTP/1.1")
    async with wire(url) as line:
        await line.send(post)
        await line.send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body)
        answer = await line.answer()
        assert (answer.status, json.loads(answer.body)["code"]) == (400, "validation_failed")
        await line.send(upgrade())
        await follows(line)


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({"Sec-WebSocket-Key": "short"}, TARGET),
        ({"Upgrade": "h2c"}, TARGET),
        ({"Origin": STRANGE}, TARGET),
        ({}, "/health"),
        ({}, f"{TARGET}&sid=nobody"),
    ],
    ids=str,
)
async def test_a_request_behind_a_refused_upgrade_is_answered_or_the_connection_ended(
    url: str, changes: dict[str, str | None], target: str
) -> None:
    async with wire(url) as line:
        refused = await line.request(upgrade(changes, target=target))
        assert refused.status != 101
        await line.send(get("/health", Connection="close"))
        rest = await line.ends()
        assert rest == b"" or rest.startswith(b"HTTP/1.1 200")


async def test_many_may_begin_at_once(url: str) -> None:
    async with websocket(url) as one, websocket(url) as two, websocket(url) as three:
        opened = [json.loads((await line.text())[1:])["sid"] for line in (one, two, three)]
        assert len(set(opened)) == 3
