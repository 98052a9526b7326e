"""A websocket on a bare connection: frames in, frames out, nothing without a bound."""

import asyncio
from collections.abc import Iterable

from realtime.cork import Cork
from realtime.frames import (
    CLOSE,
    PING,
    PONG,
    TEXT,
    Closing,
    FrameError,
    FrameReader,
    Message,
    close_answer,
    close_frame,
    frame,
)
from realtime.listeners import WebSocketListener

MAX_UNREAD_BYTES = 1 << 20
FRAME_OVERHEAD = 64  # what a waiting frame costs beside its bytes
# What uvloop holds for us before it asks us to wait: the frames that we hold ourselves are
# shared between all recipients, its copies are not.
WRITE_BUFFER_BYTES = 32 * 1024
FRAMES_AT_ONCE = 64
CLOSE_WITHIN_S = 2.0


class WebSocket(asyncio.Protocol):
    """One client's websocket, from the answer to its upgrade to its end.

    `send` never waits: frames of one turn of the loop leave in one write. What the client does not
    read is held, at most 1 MiB of it: then it is told no more, and its connection is aborted.
    While `pause` is in force, nothing is read, so that a client waits for what it has asked.
    """

    __slots__ = (
        "_broken",
        "_cork",
        "_deadline",
        "_gathered",
        "_listener",
        "_lost",
        "_paused",
        "_reader",
        "_reading",
        "_scheduled",
        "_stuck",
        "_transport",
        "_unread",
        "_unread_bytes",
    )

    def __init__(self, transport: asyncio.Transport, cork: Cork, most_bytes: int) -> None:
        transport.set_write_buffer_limits(WRITE_BUFFER_BYTES)
        self._transport = transport
        self._cork = cork
        self._listener: WebSocketListener | None = None
        self._reader = FrameReader(most_bytes)
        self._gathered: list[bytes] | None = None
        self._unread: list[bytes] | None = None
        self._unread_bytes = 0
        self._stuck = False  # the client does not read: what is to be written waits
        self._paused = False  # the server has enough to do for this client: nothing is read
        self._scheduled = False  # what has been read is looked at in the loop's next turn
        self._reading = self._broken = self._lost = False
        self._deadline: asyncio.TimerHandle | None = None  # set once the connection is closing

    def begin(self, listener: WebSocketListener, already_read: bytes = b"") -> None:
        """Tell `listener` what comes from now on."""
        self._listener = listener
        if already_read:
            self.data_received(already_read)

    def send(self, framed: bytes) -> None:
        """Write a frame, together with all others of this turn of the loop."""
        if self._gathered is None:
            self._gathered = [framed]
            if self._reading:
                return  # it leaves as soon as that is done
            if waiting := self._cork.waiting:  # a call less for each of many
                waiting.append(self)
            else:
                self._cork.add(self)
        else:
            self._gathered.append(framed)

    def flush(self) -> None:
        """Write what was gathered, or hold it while the client does not read."""
        frames, self._gathered = self._gathered, None
        if not frames or self._lost or self._deadline is not None:
            return  # after a farewell nothing may follow
        if self._stuck:
            self._hold(frames)
        else:
            self._transport.write(frames[0] if len(frames) == 1 else b"".join(frames))

    def close(self, code: int = Closing.NORMAL) -> None:
        """Say goodbye; the connection ends when the client has answered, or soon anyway."""
        self._say_last(close_frame(code))
        self.resume()  # to hear its answer

    def abort(self) -> None:
        """End the connection at once."""
        self._transport.abort()

    def pause(self) -> None:
        """Read no more until `resume`."""
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        """Go on reading, with what has been read already first."""
        if self._paused and not self._lost:
            self._paused = False
            self._schedule()

    # What the loop calls.

    def data_received(self, data: bytes) -> None:
        if self._broken:
            return
        if self._paused or self._scheduled:
            self._reader.feed(data)
        elif (text := self._reader.one_text(data)) is not None:
            self._read(((TEXT, text),))
        else:
            self._reader.feed(data)
            self._read(self._reader.messages())

    def pause_writing(self) -> None:
        self._stuck = True

    def resume_writing(self) -> None:
        self._stuck = False
        held, self._unread, self._unread_bytes = self._unread or [], None, 0
        for number, framed in enumerate(held):
            if self._stuck:
                self._hold(held[number:])
                return
            self._transport.write(framed)

    def connection_lost(self, _error: Exception | None) -> None:
        self._lost = True
        if self._deadline is not None:
            self._deadline.cancel()
        self._gathered = self._unread = None
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.lost()

    def _read(self, messages: Iterable[Message]) -> None:
        """Look at what has arrived, but only at so much that others get their turn too."""
        left, self._reading = FRAMES_AT_ONCE, True
        try:
            for kind, payload in messages:
                if kind == TEXT and self._listener is not None and self._deadline is None:
                    self._listener.heard(payload)
                else:
                    self._hear(kind, payload)
                left -= 1
                if not left or self._paused or self._broken:
                    break
        except FrameError as error:
            self._fail(error.code)
            return
        finally:
            self._reading = False
            self.flush()
        if not left and not self._paused and not self._transport.is_closing():
            self._transport.pause_reading()
            self._schedule()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            asyncio.get_running_loop().call_soon(self._read_on)

    def _read_on(self) -> None:
        self._scheduled = False
        if not self._paused and not self._lost and not self._broken:
            self._read(self._reader.messages())
            if not self._paused and not self._scheduled and not self._transport.is_closing():
                self._transport.resume_reading()

    def _hear(self, kind: int, payload: bytes) -> None:
        if kind == CLOSE:
            self._say_last(close_answer(payload))
            self._broken = True
            self._transport.close()
        elif self._deadline is not None or self._listener is None or kind == PONG:
            return
        elif kind == PING:
            self.send(frame(PONG, payload))
        else:
            self._listener.heard_binary()

    def _fail(self, code: Closing) -> None:
        """The client breaks the protocol: what else it sends is not looked at."""
        self._say_last(close_frame(code))
        self._broken = True
        self._reader = FrameReader(0)
        if not self._transport.is_closing():
            # Not closed altogether: what comes in unread would have the kernel take back our words.
            self._transport.write_eof()
        if self._listener is not None:
            self._listener.lost()

    def _say_last(self, farewell: bytes) -> None:
        """Write the last frame, once; a client that takes no notice is cut off."""
        if self._deadline is not None or self._lost:
            return
        self.flush()
        if self._stuck:
            self._transport.abort()
            return
        self._transport.write(farewell)
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(CLOSE_WITHIN_S, self._transport.abort)

    def _hold(self, frames: list[bytes]) -> None:
        """Keep what the client has not read yet, within the bound."""
        if self._unread is None:
            self._unread = []
        self._unread += frames
        self._unread_bytes += sum(map(len, frames)) + FRAME_OVERHEAD * len(frames)
        if self._unread_bytes > MAX_UNREAD_BYTES:
            self._unread = None
            self._transport.abort()
            if self._listener is not None:
                self._listener.overflowed()
