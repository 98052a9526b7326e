"""A socket of this process without a transport: what it is told goes nowhere."""

from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from realtime.engine_socket import EngineSocket


class SilentSocket(EngineSocket):
    """Has a name, and remembers nothing."""

    def __init__(self) -> None:
        sessions: Any = SimpleNamespace(ping_interval=25, ping_timeout=20)
        super().__init__(sessions, uuid4().hex, now_s=0, join_by=10)

    def send(self, *_packet: Any) -> None:
        """Say it to nobody."""
