"""The packet class that refuses what no event can be, before any handler sees it."""

import binascii
import json
from typing import Any

import orjson
from socketio import packet

RESERVED = frozenset(
    {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"}
)
CATCH_ALL = "*"  # python-socketio's own name for "any event": as an event's name it would skip us
REFUSED = RESERVED | {CATCH_ALL}
EVENT = ord("2")
MAX_NAME = 64
MAX_ACK_DIGITS = 15


class RefusedFrameError(ValueError):
    """A frame that is no packet of ours."""


class _Json:
    """JSON for the wire: strict in (no NaN, no Infinity), fast out."""

    @staticmethod
    def loads(text: str) -> Any:
        return json.loads(text, parse_constant=_refuse_constant)

    @staticmethod
    def dumps(value: Any, **_options: Any) -> str:
        return orjson.dumps(value).decode()


def _refuse_constant(name: str) -> None:
    raise RefusedFrameError(f"{name} is no JSON.")


class EventPacket(packet.Packet):  # type: ignore[misc]
    """A Socket.IO packet without binary: `[name, …]` events, acks, connect and disconnect."""

    uses_binary_events = False
    json = _Json

    def decode(self, encoded_packet: str | bytes) -> int:
        """Decode and check; anything that goes wrong is a `RefusedFrameError`."""
        if not isinstance(encoded_packet, str) or encoded_packet[:1] not in set("0123"):
            raise RefusedFrameError("Not a packet of the kinds that a client may send.")
        try:
            attachments = super().decode(encoded_packet)
        except (ValueError, TypeError, IndexError, RecursionError) as error:
            raise RefusedFrameError("Not a Socket.IO packet.") from error
        if attachments:
            raise RefusedFrameError("Binary packets are not taken.")
        if self.id is not None and self.id >= 10**MAX_ACK_DIGITS:
            raise RefusedFrameError("An acknowledgement number of that size is no client's.")
        self._check_data()
        return 0

    def _check_data(self) -> None:
        if self.packet_type == packet.EVENT:
            self._check_event()
        elif self.packet_type == packet.ACK:
            if self.id is None or not isinstance(self.data, list):
                raise RefusedFrameError("Not an acknowledgement.")
        elif self.packet_type == packet.CONNECT and not isinstance(self.data, dict | None):
            raise RefusedFrameError("What is sent along with a connection must be an object.")

    def _check_event(self) -> None:
        data = self.data
        if not isinstance(data, list) or not data or not isinstance(data[0], str):
            raise RefusedFrameError("An event is a list that begins with its name.")
        if data[0] in REFUSED or len(data[0]) > MAX_NAME:
            raise RefusedFrameError("That name is no event's.")


def read_event(packet: bytes) -> tuple[int | None, list[Any]] | None:
    """An event of the main namespace: its acknowledgement's number, and `[name, …]`.

    This is the quick way for what all good clients send; None where it may be anything else, which
    `EventPacket` then looks at.
    """
    begin = packet.find(b"[", 0, MAX_ACK_DIGITS + 2)
    if begin < 1 or packet[0] != EVENT:
        return None
    number = packet[1:begin]
    if number and not number.isdigit():
        return None
    try:
        data = orjson.loads(packet[begin:])
    except orjson.JSONDecodeError:
        return None
    if not data or not isinstance(data[0], str) or data[0] in REFUSED or len(data[0]) > MAX_NAME:
        return None
    return int(number) if number else None, data


def encode(event: str, data: Any) -> str:
    """An event as it goes over the wire, within an Engine.IO message."""
    return f"2{orjson.dumps([event, data]).decode()}"


def is_base64(text: str) -> bool:
    """Whether that is how polling clients send binary."""
    try:
        binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return False
    return True
