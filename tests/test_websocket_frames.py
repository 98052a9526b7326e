"""Frames: whatever is sent comes out as it was sent, however the network cuts it."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.frames import (
    BINARY,
    CONTINUATION,
    FINAL,
    PING,
    PONG,
    TEXT,
    Closing,
    FrameError,
    FrameReader,
    close_answer,
    close_frame,
    frame,
    unmask,
)

MOST = 70_000
Message = tuple[int, bytes]

large = st.integers(0, MOST).map(lambda size: b"x" * size)
payloads = st.one_of(st.binary(max_size=200), large)
controls = st.tuples(st.sampled_from([PING, PONG]), st.binary(max_size=125))
messages = st.tuples(st.sampled_from([TEXT, BINARY]), payloads)
masks = st.binary(min_size=4, max_size=4)


def masked(first: int, payload: bytes, mask: bytes) -> bytes:
    """A frame as a client sends it."""
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    elif size < 1 << 16:
        head = bytes((first, 0xFE)) + size.to_bytes(2, "big")
    else:
        head = bytes((first, 0xFF)) + size.to_bytes(8, "big")
    return head + mask + unmask(mask, payload)


@st.composite
def streams(draw: st.DrawFn) -> tuple[list[Message], bytes]:
    """Messages, and the bytes of their frames: in fragments, with control frames between them."""
    said: list[Message] = []
    stream = b""
    for kind, payload in draw(st.lists(messages, max_size=5)):
        cuts = (
            draw(st.lists(st.integers(0, len(payload)), max_size=3)) if len(payload) < 999 else []
        )
        ends = [0, *sorted(cuts), len(payload)]
        for place, (begin, end) in enumerate(pairwise(ends)):
            final = FINAL if place == len(ends) - 2 else 0
            first = final | (kind if place == 0 else CONTINUATION)
            if place and draw(st.booleans()):
                control, data = draw(controls)
                said.append((control, data))
                stream += masked(FINAL | control, data, draw(masks))
            stream += masked(first, payload[begin:end], draw(masks))
        said.append((kind, payload))
    return said, stream


def read(reader: FrameReader, pieces: list[bytes]) -> list[Message]:
    """What a reader makes of the pieces, the way that a websocket uses it."""
    found: list[Message] = []
    for piece in pieces:
        text = reader.one_text(piece)
        if text is not None:
            found.append((TEXT, text))
            continue
        reader.feed(piece)
        found += reader.messages()
    return found


@given(streams(), st.data())
def test_messages_come_out_as_they_were_sent_however_they_are_cut(
    stream: tuple[list[Message], bytes], data: st.DataObject
) -> None:
    said, sent = stream
    cuts = data.draw(st.lists(st.integers(0, len(sent)), max_size=6))
    pieces = [sent[a:b] for a, b in pairwise([0, *sorted(cuts), len(sent)])]
    assert read(FrameReader(MOST + 10), pieces) == said


@given(st.lists(st.binary(max_size=40), max_size=5))
def test_of_rubbish_comes_nothing_worse_than_a_reason_to_close(pieces: list[bytes]) -> None:
    with suppress(FrameError):
        for kind, payload in read(FrameReader(1000), pieces):
            assert kind in {TEXT, BINARY, 8, PING, PONG}
            assert len(payload) <= 1000


@given(st.integers(0, 1 << 17))
def test_a_frame_of_ours_says_how_long_it_is(size: int) -> None:
    framed = frame(TEXT, bytes(size))
    head = 2 if size < 126 else 4 if size < 1 << 16 else 10
    assert len(framed) == head + size
    assert framed[0] == FINAL | TEXT
    assert not framed[1] & 0x80


def test_who_stops_looking_in_the_middle_finds_the_rest_later() -> None:
    reader = FrameReader(100)
    reader.feed(b"".join(masked(FINAL | TEXT, text, b"abcd") for text in (b"1", b"2", b"3")))
    left = reader.messages()  # kept alive, as the traceback of an error would keep it
    assert next(left) == (TEXT, b"1")
    reader.feed(masked(FINAL | TEXT, b"4", b"abcd"))
    later = reader.messages()
    assert next(later) == (TEXT, b"2")
    del left
    reader.feed(masked(FINAL | TEXT, b"5", b"abcd"))
    assert list(reader.messages()) == [(TEXT, b"3"), (TEXT, b"4"), (TEXT, b"5")]
    assert list(reader.messages()) == []


def test_empty_fragments_without_end_are_too_large_in_the_end() -> None:
    endless = masked(CONTINUATION, b"", b"abcd")
    with pytest.raises(FrameError) as caught:
        read(FrameReader(100), [masked(TEXT, b"", b"abcd"), *[endless] * 200])
    assert caught.value.code is Closing.TOO_LARGE


@pytest.mark.parametrize("payload", [b"", b"\x03\xe8", b"\x03\xe9bye", b"\x0f\xa0", b"\x0b\xb8x"])
def test_a_good_farewell_is_answered_with_its_own_code(payload: bytes) -> None:
    assert close_answer(payload) == frame(8, payload[:2])


@pytest.mark.parametrize("payload", [b"\x03", b"\x03\xec", b"\x03\xed", b"\x03\xee", b"\x00\x00"])
def test_a_bad_farewell_is_none(payload: bytes) -> None:
    with pytest.raises(FrameError) as caught:
        close_answer(payload)
    assert caught.value.code is Closing.PROTOCOL_ERROR
    assert close_frame(caught.value.code)[2:] == b"\x03\xea"
