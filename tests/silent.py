"""A socket of this process without a transport: what it is told is written down at most."""

import json
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from realtime.engine_socket import EngineSocket
from realtime.outgoing import Outgoing


class SilentSocket(EngineSocket):
    """Has a name, and keeps the events that it is told in `told`, where that is given."""

    def __init__(self, told: list[list[Any]] | None = None) -> None:
        sessions: Any = SimpleNamespace(ping_interval=25, ping_timeout=20, stopping=False)
        super().__init__(sessions, uuid4().hex, now_s=0, join_by=10)
        self._told = told

    def send(self, out: Outgoing) -> None:
        """Write down an event; nothing else is one."""
        if self._told is not None and out.payload.startswith(b"42"):
            self._told.append(json.loads(out.payload[2:]))
