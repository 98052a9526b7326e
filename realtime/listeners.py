"""Who is told what happens, from layer to layer: a websocket tells its session, that its engine,
and the engine the server of Socket.IO."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from realtime.engine_socket import EngineSocket


class WebSocketListener(Protocol):
    """Who is told what happens on a websocket.

    `heard` is given the bytes of a text, and raises `FrameError` where they are none.
    """

    def heard(self, text: bytes) -> None: ...

    def heard_binary(self) -> None: ...

    def lost(self) -> None: ...

    def overflowed(self) -> None: ...


class Sessions(Protocol):
    """What a session tells of itself."""

    ping_interval: float
    ping_timeout: float
    stopping: bool

    heard: Callable[[EngineSocket, bytes | None], None]

    def ended(self, socket: EngineSocket, reason: str) -> None: ...

    def overflowed(self, socket: EngineSocket) -> None: ...


class EngineListener(Protocol):
    """Who is told what happens to sessions."""

    def opened(self, socket: EngineSocket, environ: dict[str, str]) -> None: ...

    def heard(self, socket: EngineSocket, packet: bytes | None) -> None: ...

    def ended(self, socket: EngineSocket, reason: str) -> None: ...

    def overflowed(self, socket: EngineSocket) -> None: ...

    def cut_off(self, socket: EngineSocket, why: str) -> None: ...
