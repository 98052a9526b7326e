"""The queue of what is still to be sent to one socket, bounded in bytes."""

import asyncio
from collections.abc import Callable
from typing import Any

LIMIT_BYTES = 1 << 20
PACKET_OVERHEAD = 64


class Outbox(asyncio.Queue[Any]):
    """Stands in for an Engine.IO socket's queue; calls `overflow` once when too much piles up."""

    def __init__(self, overflow: Callable[[], object], limit_bytes: int = LIMIT_BYTES) -> None:
        super().__init__()
        self._overflow = overflow
        self._limit_bytes = limit_bytes
        self.waiting_bytes = 0

    def _put(self, item: Any) -> None:
        fitted = self.waiting_bytes <= self._limit_bytes
        self.waiting_bytes += weight(item)
        super()._put(item)
        if fitted and self.waiting_bytes > self._limit_bytes:
            self._overflow()

    def _get(self) -> Any:
        item = super()._get()
        self.waiting_bytes -= weight(item)
        return item


def weight(item: Any) -> int:
    """Roughly the memory of a queued packet, in bytes (None ends the queue and weighs nothing)."""
    data = getattr(item, "data", None)
    size = len(data) if isinstance(data, str | bytes) else 0
    return 0 if item is None else size + PACKET_OVERHEAD
