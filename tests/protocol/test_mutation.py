"""Thousands of websockets that begin well and go wrong: each is ended, and nobody else is."""

import asyncio
import json
import random

from tests.protocol.session import open_session
from tests.protocol.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Wire,
    masked,
    message,
    upgrade,
    wire,
)

SEED = 20_261_121
STREAMS = 2000
AT_ONCE = 16
# Fills whatever frame is still open, and is then no frame at all: no stream is left to wait.
TAIL = b"\xff" * (64 * 1024 + 200)


def changed(rng: random.Random, data: bytes, at: int) -> bytes:
    """The same bytes with one change at that place."""
    before, after = data[:at], data[at:]
    some = rng.randint(1, 20)
    return rng.choice(
        [
            before + bytes((after[0] ^ 1 << rng.randrange(8),)) + after[1:],
            before + rng.randbytes(1) + after[1:],
            before + rng.randbytes(some) + after,
            before + after[some:],
            before + data[at // 2 :],
            after + before,
            before,
        ]
    )


def mutated(rng: random.Random, data: bytes) -> bytes:
    """The same bytes, but for a few changes."""
    for _ in range(rng.randint(0, 4)):
        if data:
            data = changed(rng, data, rng.randrange(len(data)))
    return data


def some_frames(rng: random.Random) -> bytes:
    """A few frames that a client may send."""
    frames = [
        message('421["user:me"]'),
        message("40" + json.dumps({"token": "rubbish"})),
        message("3"),
        message("4" + "x" * rng.choice([125, 126, 4000, 65_000])),
        masked(PING, rng.randbytes(rng.choice([0, 4, 125]))),
        masked(PONG, b"late"),
        masked(BINARY, rng.randbytes(30)),
        masked(TEXT, b'422["us', final=False) + masked(CONTINUATION, b'er:me"]'),
        masked(TEXT, b"4", final=False) + masked(PING) + masked(CONTINUATION, "é".encode()),
        masked(CLOSE, rng.choice([b"", b"\x03\xe8", b"\x03\xe9bye"])),
    ]
    return b"".join(rng.choices(frames, k=rng.randint(1, 6)))


async def play(url: str, number: int) -> int:
    """Send the stream of that number to its bitter end; gives the status of the upgrade."""
    rng = random.Random(SEED + number)
    good = rng.random() < 0.7
    first = upgrade() if good else mutated(rng, upgrade())
    rest = mutated(rng, some_frames(rng)) + TAIL
    async with wire(url) as line:
        if good and rng.random() < 0.5:
            await line.send(first)
        else:
            await line.send(first, rest)
            rest = b""
        return await sees_the_end(line, rest)


async def sees_the_end(line: Wire, rest: bytes) -> int:
    try:
        answer = await line.answer()
    except (asyncio.IncompleteReadError, ConnectionError):
        return 0
    await line.send(rest)
    if answer.status == 101:
        await line.is_over()
    else:
        line.half_close()
        await line.ends()
    return answer.status


async def test_thousands_of_streams_that_go_wrong_are_ended_and_nobody_else(
    url: str, token: str
) -> None:
    statuses: dict[int, int] = {}

    async def play_every(numbers: range) -> None:
        for number in numbers:
            try:
                statuses[number] = await play(url, number)
            except TimeoutError:
                raise AssertionError(f"stream {number} was not ended") from None

    async with open_session(url, "websocket") as session:
        await session.join(token)
        await asyncio.gather(*(play_every(range(n, STREAMS, AT_ONCE)) for n in range(AT_ONCE)))
        await session.send('421["clock:sync",{"clientTime":1}]')
        assert (await session.answer(1))["success"]
    granted = sum(status == 101 for status in statuses.values())
    assert granted > STREAMS // 2
    assert [number for number, status in statuses.items() if status >= 500] == []
