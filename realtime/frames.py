"""WebSocket frames (RFC 6455), without input or output: bytes in, messages out, and the reverse.

A server's side only: what comes in is masked, what goes out is not; no extensions, so that the
three reserved bits are always zero.
"""

from collections.abc import Iterator
from enum import IntEnum

from realtime.private_parts import mask as apply_mask

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
CONTINUATION = 0
FINAL = 0x80
SHORT_TEXT = FINAL | TEXT
MAX_CONTROL_BYTES = 125
NO_CODES = frozenset({1004, 1005, 1006})

Message = tuple[int, bytes]


class Closing(IntEnum):
    """Why a connection is closed (RFC 6455, section 7.4.1)."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    NOT_TEXT = 1007
    POLICY = 1008
    TOO_LARGE = 1009


class FrameError(Exception):
    """The stream is no websocket's any more; `code` is what to close it with."""

    def __init__(self, code: Closing) -> None:
        super().__init__(code.name)
        self.code = code


class FrameReader:
    """Takes a stream of bytes apart, however it is cut into pieces.

    `messages()` gives `(kind, payload)`: whole texts and binaries (at most `most_bytes`, fragments
    joined) and control frames in between. It raises `FrameError` when the stream is broken; the
    messages before have been given by then.
    """

    __slots__ = ("_begin", "_buffer", "_fragments", "_kind", "_most_bytes", "_size")

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._buffer: bytes | bytearray = b""
        self._begin = 0  # what is before that has been given
        self._kind = CONTINUATION  # of the message whose fragments are being collected
        self._fragments: list[bytes] | None = None
        self._size = 0

    def feed(self, data: bytes) -> None:
        """Take what has arrived; `messages` gives what is whole of it."""
        self._drop_read()
        if not self._buffer:
            self._buffer = data
        else:
            if isinstance(self._buffer, bytes):
                self._buffer = bytearray(self._buffer)
            self._buffer += data

    def one_text(self, data: bytes) -> bytes | None:
        """The payload, where `data` is one text and nothing else: nearly always it is.

        None where it may be anything else: then nothing has been taken.
        """
        if len(data) < 6 or data[0] != SHORT_TEXT or self._buffer or self._fragments:
            return None
        head, size = 6, data[1] - 0x80
        if size == 126:
            head, size = 8, int.from_bytes(data[2:4], "big")
        elif not 0 <= size <= 125:
            return None
        if len(data) != head + size or size > self._most_bytes:
            return None
        return unmask(data[head - 4 : head], data[head:])

    def messages(self) -> Iterator[Message]:
        """All that is whole by now; may be left early and called again."""
        buffer, begin = self._buffer, self._begin
        while len(buffer) - begin >= 6:
            first, size = buffer[begin], buffer[begin + 1] & 0x7F
            head = 6
            # Most of what clients send are short texts: the rest is looked at more closely.
            if first != SHORT_TEXT or buffer[begin + 1] < 0x80 or self._fragments or size > 125:
                head, size = self._measure(begin)
                if not head:
                    break
            end = begin + head + size
            if len(buffer) < end:
                break
            body = begin + head
            payload = unmask(buffer[body - 4 : body], buffer[body:end])
            # Said at once: who leaves this early may not let go of it before it is called again.
            self._begin = begin = end
            if first == SHORT_TEXT and self._fragments is None:
                yield TEXT, payload
            elif (message := self._accept(first, payload)) is not None:
                yield message
        self._drop_read()
        if len(self._buffer) >= 2:
            self._check_head(self._buffer[0], self._buffer[1])

    def _drop_read(self) -> None:
        if self._begin:
            self._buffer, self._begin = self._buffer[self._begin :], 0

    def _measure(self, begin: int) -> tuple[int, int]:
        """The sizes of a frame's head and payload; 0 while the head is not all there."""
        buffer = self._buffer
        size, head = self._check_head(buffer[begin], buffer[begin + 1]), 6
        if size >= 126:
            extra = 2 if size == 126 else 8
            head += extra
            if len(buffer) - begin < 2 + extra:
                return 0, 0
            size = int.from_bytes(buffer[begin + 2 : begin + 2 + extra], "big")
        if size + self._size > self._most_bytes:
            raise FrameError(Closing.TOO_LARGE)
        return head, size

    def _check_head(self, first: int, second: int) -> int:
        """The short length of a frame whose first two bytes are in order."""
        kind, size = first & 0x0F, second & 0x7F
        if first & 0x70 or not second & 0x80:
            raise FrameError(Closing.PROTOCOL_ERROR)
        if kind >= CLOSE:
            if kind > PONG or not first & FINAL or size > MAX_CONTROL_BYTES:
                raise FrameError(Closing.PROTOCOL_ERROR)
        elif kind > BINARY or (kind == CONTINUATION) != (self._fragments is not None):
            raise FrameError(Closing.PROTOCOL_ERROR)
        return size

    def _accept(self, first: int, payload: bytes) -> Message | None:
        kind = first & 0x0F
        if kind >= CLOSE:
            return kind, payload
        if first & FINAL and self._fragments is None:
            return kind, payload
        if self._fragments is None:
            self._kind, self._fragments = kind, []
        self._fragments.append(payload)
        self._size += len(payload) + 1  # so that empty fragments have a bound too
        if not first & FINAL:
            return None
        whole = b"".join(self._fragments)
        self._fragments, self._size = None, 0
        return self._kind, whole


def unmask(mask: bytes | bytearray, data: bytes | bytearray) -> bytes:
    """`data` without its mask."""
    plain = bytearray(data)
    apply_mask(bytes(mask), plain)
    return bytes(plain)


def frame(kind: int, payload: bytes) -> bytes:
    """One frame with all of `payload`, as a server sends it."""
    size = len(payload)
    if size < 126:
        return bytes((FINAL | kind, size)) + payload
    if size < 1 << 16:
        return bytes((FINAL | kind, 126)) + size.to_bytes(2, "big") + payload
    return bytes((FINAL | kind, 127)) + size.to_bytes(8, "big") + payload


def close_frame(code: int) -> bytes:
    """The frame that ends a connection."""
    return frame(CLOSE, code.to_bytes(2, "big"))


def close_answer(payload: bytes) -> bytes:
    """The frame that answers a client's close frame; `FrameError` where that was none."""
    if not payload:
        return frame(CLOSE, b"")
    code = int.from_bytes(payload[:2], "big")
    allowed = (1000 <= code <= 1014 and code not in NO_CODES) or 3000 <= code <= 4999
    if len(payload) == 1 or not allowed:
        raise FrameError(Closing.PROTOCOL_ERROR)
    text_of(payload[2:])
    return frame(CLOSE, payload[:2])


def text_of(payload: bytes) -> str:
    """A text message's text."""
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise FrameError(Closing.NOT_TEXT) from None
