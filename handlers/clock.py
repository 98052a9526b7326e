"""`clock:…`: how a client learns the server's time."""

from typing import Any

from handlers.caller import Caller
from handlers.registry import event
from schemas.clock import ClockSync, ClockSynced


@event("clock:sync", ClockSync, reply=ClockSynced, limit="120/10s")
def sync(caller: Caller, client_time: float) -> dict[str, Any]:
    """One NTP exchange on the server's steady clock."""
    return {
        "client_time": client_time,
        "received_at": caller.received_at_ms,
        "clock_epoch": caller.services.clock.epoch,
        "sent_at": caller.now_ms,
    }
