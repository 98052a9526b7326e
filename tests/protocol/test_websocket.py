"""Frames as RFC 6455 has them: put together, answered, or refused with the code that says why."""

from collections.abc import AsyncIterator

import pytest

from tests.protocol.conftest import IsOffline
from tests.protocol.session import WebSocket, open_session
from tests.protocol.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    NO_CODE,
    PING,
    PONG,
    TEXT,
    Wire,
    length,
    masked,
    message,
    messages,
    unmasked,
    websocket,
)

PROTOCOL_ERROR, NO_TEXT, TOO_BIG = 1002, 1007, 1009
LIMIT = 64 * 1024
ASK = b'421["user:me"]'  # answered without a token, and by that the text is known to be whole


@pytest.fixture
async def line(url: str) -> AsyncIterator[Wire]:
    """A websocket that has been told its session."""
    async with websocket(url) as line:
        assert (await line.text()).startswith("0{")
        yield line


async def is_answered(line: Wire, number: int = 1) -> None:
    """The event of that number has arrived whole."""
    assert (await line.text()).startswith(f'43{number}[{{"success":false')


@pytest.mark.parametrize("mask", [bytes(4), b"\xff" * 4, b"\x01\x02\x03\x04"])
async def test_a_text_is_unmasked(line: Wire, mask: bytes) -> None:
    await line.send(masked(TEXT, ASK, mask=mask))
    await is_answered(line)


@pytest.mark.parametrize("cuts", [(3,), (1, 2, 3, 4), (0, 0, 14), range(1, 14)], ids=str)
async def test_a_text_in_fragments_is_put_together(line: Wire, cuts: tuple[int, ...]) -> None:
    await line.send(*fragments(ASK, cuts))
    await is_answered(line)


def fragments(text: bytes, cuts: tuple[int, ...] | range) -> list[bytes]:
    """The frames of one message, cut at those places."""
    ends = [0, *cuts, len(text)]
    last = len(ends) - 2
    return [
        masked(CONTINUATION if i else TEXT, text[ends[i] : ends[i + 1]], final=i == last)
        for i in range(last + 1)
    ]


async def test_a_ping_between_fragments_is_answered_at_once(line: Wire) -> None:
    first, middle, last = fragments(ASK, (3, 9))
    await line.send(first, masked(PING, b"one"), middle, masked(PING, b"two"))
    pongs = [await line.frame(), await line.frame()]
    assert [(pong.opcode, pong.payload) for pong in pongs] == [(PONG, b"one"), (PONG, b"two")]
    await line.send(last)
    await is_answered(line)


async def test_a_letter_may_be_cut_in_two_between_fragments(line: Wire) -> None:
    text = '421["snow \N{SNOWMAN}"]'.encode()
    await line.send(*fragments(text, (text.index("\N{SNOWMAN}".encode()) + 1,)))
    await is_answered(line)


@pytest.mark.parametrize("payload", [b"", b"x", b"\x00\xff" * 62, b"x" * 125])
async def test_a_ping_is_answered_with_what_it_carried(line: Wire, payload: bytes) -> None:
    await line.send(masked(PING, payload))
    pong = await line.frame()
    assert (pong.opcode, pong.payload, pong.final, pong.masked) == (PONG, payload, True, False)


async def test_a_pong_that_nobody_asked_for_is_taken_without_a_word(line: Wire) -> None:
    await line.send(masked(PONG, b"unasked"), message(ASK.decode()))
    await is_answered(line)


async def test_frames_that_come_byte_by_byte_are_taken(line: Wire) -> None:
    await line.drip(masked(PING, b"slow") + message(ASK.decode()))
    assert (await line.frame()).payload == b"slow"
    await is_answered(line)


async def test_many_frames_in_one_segment_are_answered_in_order(line: Wire) -> None:
    await line.send(messages(f'42{number}["user:me"]' for number in range(7)))
    for number in range(7):
        await is_answered(line, number)


@pytest.mark.parametrize(
    ("what", "code"),
    [
        (unmasked(TEXT, ASK), PROTOCOL_ERROR),
        (unmasked(PING), PROTOCOL_ERROR),
        (masked(TEXT, ASK, reserved=4), PROTOCOL_ERROR),
        (masked(TEXT, ASK, reserved=2), PROTOCOL_ERROR),
        (masked(TEXT, ASK, reserved=1), PROTOCOL_ERROR),
        (masked(PING, reserved=4), PROTOCOL_ERROR),
        (masked(0x3, ASK), PROTOCOL_ERROR),
        (masked(0x7, ASK), PROTOCOL_ERROR),
        (masked(0xB, b""), PROTOCOL_ERROR),
        (masked(0xF, b""), PROTOCOL_ERROR),
        (masked(CONTINUATION, ASK), PROTOCOL_ERROR),
        (masked(CONTINUATION, ASK, final=False), PROTOCOL_ERROR),
        (masked(TEXT, ASK, final=False) + masked(TEXT, ASK), PROTOCOL_ERROR),
        (masked(TEXT, ASK, final=False) + masked(BINARY, ASK), PROTOCOL_ERROR),
        (masked(PING, b"x" * 126), PROTOCOL_ERROR),
        (masked(PONG, b"x" * 126), PROTOCOL_ERROR),
        (masked(CLOSE, b"\x03\xe8" + b"x" * 124), PROTOCOL_ERROR),
        (masked(PING, final=False), PROTOCOL_ERROR),
        (masked(CLOSE, final=False), PROTOCOL_ERROR),
        (masked(TEXT, b"4\xff\xfe"), NO_TEXT),
        (masked(TEXT, b"4\xed\xa0\x80"), NO_TEXT),
        (masked(TEXT, b"4\xc0\xaf"), NO_TEXT),
        (masked(TEXT, b"4\xe2\x98"), NO_TEXT),
        (masked(TEXT, b"4\xe2", final=False) + masked(CONTINUATION, b"\x28\xa1"), NO_TEXT),
        (masked(TEXT, b"4\xe2", final=False) + masked(CONTINUATION, b"\x98"), NO_TEXT),
        (b"\x81" + length(LIMIT + 1, is_masked=True), TOO_BIG),
        (b"\x82" + length(1 << 31, is_masked=True), TOO_BIG),
        (b"\x81\xff" + (1 << 62).to_bytes(8), TOO_BIG),
    ],
    ids=lambda value: value[:12].hex() if isinstance(value, bytes) else str(value),
)
async def test_what_is_no_frame_of_a_client_is_told_why_and_ended(
    line: Wire, what: bytes, code: int
) -> None:
    await line.send(what)
    assert await line.closes() == code


async def test_a_length_that_no_frame_can_have_ends_the_connection(line: Wire) -> None:
    await line.send(b"\x81\xff" + (1 << 63).to_bytes(8))
    assert await line.closes() in {PROTOCOL_ERROR, TOO_BIG}  # beyond 2^63 it is no length at all


async def test_a_message_of_the_largest_size_is_taken(line: Wire) -> None:
    start, end = ASK.removesuffix(b"]") + b',{"x":"', b'"}]'
    await line.send(masked(TEXT, start + b"x" * (LIMIT - len(start + end)) + end))
    await is_answered(line)


async def test_a_message_of_small_fragments_is_bounded_too(line: Wire) -> None:
    await line.send(masked(TEXT, b"4" + b"x" * (LIMIT - 100), final=False))
    await line.send(masked(CONTINUATION, b"x" * 100, final=False))
    assert await line.closes() == TOO_BIG


async def test_fragments_of_nothing_are_not_hoarded_for_ever(line: Wire) -> None:
    await line.send(masked(TEXT, b"4", final=False))
    for _ in range(200):
        await line.send(masked(CONTINUATION, final=False) * 100)
    await line.send(masked(PING, b"still here"))
    frame = await line.frame()
    assert frame.opcode == CLOSE or frame.payload == b"still here"


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 3000, 4999])
async def test_a_close_is_answered_with_its_code_and_the_connection_ended(
    line: Wire, code: int
) -> None:
    await line.send(masked(CLOSE, code.to_bytes(2) + b"going"))
    assert await line.closes() == code


async def test_a_close_without_a_code_is_answered_without_one(line: Wire) -> None:
    await line.send(masked(CLOSE))
    assert await line.closes() in {1000, NO_CODE}


@pytest.mark.parametrize(
    "payload",
    [
        b"\x03",
        *(code.to_bytes(2) for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)),
    ],
    ids=lambda payload: payload.hex(),
)
async def test_a_close_with_a_code_that_nobody_may_send_is_a_protocol_error(
    line: Wire, payload: bytes
) -> None:
    await line.send(masked(CLOSE, payload))
    assert await line.closes() == PROTOCOL_ERROR


async def test_a_close_with_a_reason_that_is_no_text_is_refused(line: Wire) -> None:
    await line.send(masked(CLOSE, b"\x03\xe8\xff\xfe"))
    assert await line.closes() in {PROTOCOL_ERROR, NO_TEXT}


async def test_nothing_is_done_that_comes_behind_a_close(line: Wire) -> None:
    await line.send(masked(CLOSE, b"\x03\xe8"), masked(PING, b"late"), message(ASK.decode()))
    assert (await line.frame()).opcode == CLOSE
    assert await line.ends() == b""


@pytest.mark.parametrize("how", ["vanish", "half_close"])
async def test_who_goes_without_a_close_leaves_nothing_behind(
    url: str, token: str, is_offline: IsOffline, how: str
) -> None:
    async with open_session(url, "websocket") as session:
        assert isinstance(session, WebSocket)
        await session.join(token)
        await session.line.send(masked(TEXT, b"half a mess", final=False))
        getattr(session.line, how)()
        await is_offline()


async def test_who_does_not_answer_a_close_is_ended_all_the_same(line: Wire) -> None:
    await line.send(masked(TEXT, ASK, reserved=7))
    await line.ends(within_s=15)
