"""What goes to clients, encoded and framed once for all who get it."""

from realtime.frames import TEXT, frame

MESSAGE = b"4"


class Outgoing:
    """A packet of Engine.IO: `payload` for a polling client, `framed` for a websocket's."""

    __slots__ = ("framed", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.framed = frame(TEXT, payload)


def message(packet: str | bytes) -> Outgoing:
    """A packet of Socket.IO as Engine.IO's message."""
    return Outgoing(MESSAGE + (packet.encode() if isinstance(packet, str) else packet))


PING = Outgoing(b"2")
CLOSE = Outgoing(b"1")
NOOP = Outgoing(b"6")
PROBED = Outgoing(b"3probe")
