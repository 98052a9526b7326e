"""Measuring the clock on the wire."""

from schemas.base import Reply, Request
from schemas.fields import Number, Text


class ClockSync(Request):
    client_time = Number(-1e15, 1e15, required=True)


class ClockSynced(Reply):
    """An NTP exchange's times, in milliseconds; `clientTime` as it was sent."""

    client_time = Number(-1e15, 1e15, required=True)
    received_at = Number(0, 1e15, required=True)
    sent_at = Number(0, 1e15, required=True)
    clock_epoch = Text(required=True)
