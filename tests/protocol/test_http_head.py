"""HTTP by hand on the port that websockets share: taken in pieces, refused when it is rubbish."""

import json

import pytest

from tests.protocol.wire import KEY, TARGET, get, head, upgrade, wire

BODY = json.dumps({"username": "ada", "password": "wrong password"}).encode()
LOGIN = {"Host": "localhost", "Content-Type": "application/json"}


def login(**changes: str) -> bytes:
    """The head of a request with a body."""
    more = {name.replace("_", "-"): value for name, value in changes.items()}
    return head("POST", "/auth/login", {**LOGIN, **more}, "HTTP/1.1")


async def test_a_request_that_comes_byte_by_byte_is_answered(url: str) -> None:
    async with wire(url) as line:
        await line.drip(get("/health"))
        assert (await line.answer()).status == 200


async def test_a_body_in_pieces_is_read_to_its_end(url: str) -> None:
    async with wire(url) as line:
        await line.drip(login(Content_Length=str(len(BODY))) + BODY)
        assert (await line.answer()).status == 401


async def test_a_body_in_chunks_is_read_to_its_end(url: str) -> None:
    async with wire(url) as line:
        await line.send(login(Transfer_Encoding="chunked"))
        for at in range(0, len(BODY), 7):
            part = BODY[at : at + 7]
            await line.send(b"%x\r\n" % len(part), part, b"\r\n")
        assert (await line.request(b"0\r\n\r\n")).status == 401


async def test_who_expects_a_go_ahead_gets_one(url: str) -> None:
    async with wire(url) as line:
        asked = login(Expect="100-continue", Content_Length=str(len(BODY)))
        assert (await line.request(asked)).status == 100
        assert (await line.request(BODY)).status == 401


async def test_requests_on_one_connection_are_answered_in_their_order(url: str) -> None:
    async with wire(url) as line:
        await line.send(get("/health"), get("/nothing"), get("/health"), get("/auth/me"))
        assert [(await line.answer()).status for _ in range(4)] == [200, 404, 200, 401]


async def test_a_connection_is_ended_for_who_asks_for_it(url: str) -> None:
    async with wire(url) as line:
        assert (await line.request(get("/health", Connection="close"))).status == 200
        assert await line.ends() == b""


async def test_polling_works_on_a_line_by_hand(url: str) -> None:
    async with wire(url) as line:
        opened = await line.request(get("/socket.io/?EIO=4&transport=polling"))
        assert opened.status == 200
        sid = json.loads(opened.body[1:])["sid"]
        target = f"/socket.io/?EIO=4&transport=polling&sid={sid}"
        event = b'421["user:me"]'
        length = {"Host": "localhost", "Content-Length": str(len(event))}
        posted = await line.request(head("POST", target, length, "HTTP/1.1"), event)
        assert (posted.status, posted.body.lower()) == (200, b"ok")
        assert (await line.request(get(target))).body.startswith(b"431[")


LONG = "x" * 9000
TOO_LARGE = {
    "a long target": get(f"/health?{LONG}"),
    "a long field": get("/health", X=LONG),
    "a long name": get("/health", **{LONG: "x"}),
    "a field without end": get("/health").removesuffix(b"\r\n") + b"X: " + b"x" * 300_000,
    "a target without end": b"GET /" + b"x" * 300_000,
    "a method without end": b"G" * 300_000,
    "fields without end": get("/health").removesuffix(b"\r\n") + b"X: y\r\n" * 100_000,
    "an upgrade's long target": upgrade(target=f"{TARGET}&{LONG}"),
    "an upgrade's long field": upgrade({"Cookie": LONG}),
    "an upgrade's fields without end": upgrade().removesuffix(b"\r\n") + b"X: y\r\n" * 100_000,
}


@pytest.mark.parametrize("what", TOO_LARGE)
async def test_a_head_over_the_limit_is_refused(url: str, what: str) -> None:
    async with wire(url) as line:
        await line.send(TOO_LARGE[what])
        refuses(await line.ends(), {400, 414, 431})


RUBBISH = {
    "zeros": bytes(100) + b"\r\n\r\n",
    "a greeting of TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)),
    "no letters": bytes(range(128, 256)) + b"\r\n\r\n",
    "a frame": b"\x81\x85\x00\x00\x00\x00hello\r\n\r\n",
    "no target": b"GET\r\n\r\n",
    "a version of its own": b"GET /health HTTP/9.9.9\r\nHost: x\r\n\r\n",
    "another protocol": b"EHLO example.org\r\n\r\n",
    "a zero in the target": b"GET /hea\x00lth HTTP/1.1\r\nHost: x\r\n\r\n",
    "a zero in a field": get("/health", X="a\x00b"),
    "a zero in an upgrade": upgrade({"Cookie": "a\x00b"}),
    "a line end in a key": upgrade({"Sec-WebSocket-Key": f"{KEY}\rX: y"}),
    "a name with a blank": b"GET /health HTTP/1.1\r\nHost : x\r\n\r\n",
    "a name of nothing": b"GET /health HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",
    "a field without a colon": b"GET /health HTTP/1.1\r\nHost: x\r\nrubbish\r\n\r\n",
    "no length": login(Content_Length="five"),
    "a length below nothing": login(Content_Length="-5"),
    "a length with a sign": login(Content_Length="+5") + b"hello",
    "two lengths": login(Content_Length="5", **{"content-length": "6"}) + b"hello",
    "a length and chunks": login(Content_Length="5", Transfer_Encoding="chunked") + b"0\r\n\r\n",
    "chunks of no number": login(Transfer_Encoding="chunked") + b"xyz\r\n",
    "an upgrade with a body": upgrade({"Transfer-Encoding": "chunked", "Content-Length": "4"}),
}


@pytest.mark.parametrize("what", RUBBISH)
async def test_rubbish_is_refused_and_ended(url: str, what: str) -> None:
    async with wire(url) as line:
        await line.send(RUBBISH[what])
        refuses(await line.ends(), {400, 501, 505})


def refuses(said: bytes, statuses: set[int]) -> None:
    """The server ended the connection, and if it said anything, then what a client understands."""
    if said:
        assert said.startswith((b"HTTP/1.1 ", b"HTTP/1.0 ")), said[:100]
        assert int(said.split()[1]) in statuses, said[:100]
    assert b"Traceback" not in said


@pytest.mark.parametrize("at", [0, 1, 20, -2])
async def test_who_goes_before_the_head_is_whole_is_forgotten(url: str, at: int) -> None:
    for request in (get("/health"), upgrade()):
        async with wire(url) as line:
            await line.send(request[:at])
            line.half_close()
            assert b"101" not in await line.ends()
