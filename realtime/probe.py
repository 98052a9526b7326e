"""A websocket that wants to carry a session which polls: Engine.IO's upgrade."""

import asyncio

from realtime.engine_socket import EngineSocket
from realtime.outgoing import PROBED
from realtime.websocket import WebSocket

PROBE_WITHIN_S = 10.0


class Probe:
    """Its listener until the session itself listens."""

    def __init__(self, socket: EngineSocket, websocket: WebSocket) -> None:
        self._socket = socket
        self._websocket = websocket
        self._probed = False
        loop = asyncio.get_running_loop()
        self._deadline = loop.call_later(PROBE_WITHIN_S, websocket.close)

    def heard(self, text: bytes) -> None:
        """`2probe`, then `5`; after that the session itself listens."""
        socket = self._socket
        if text == b"2probe" and not (self._probed or socket.closed or socket.upgraded):
            self._probed = True
            self._websocket.send(PROBED.framed)
            socket.probe()
        elif text == b"5" and self._probed and not (socket.closed or socket.upgraded):
            self._deadline.cancel()
            self._websocket.begin(socket)
            socket.carry(self._websocket)
        else:
            self._websocket.close()

    def heard_binary(self) -> None:
        self._websocket.close()

    def overflowed(self) -> None:
        """Nothing to do: the connection ends by itself."""

    def lost(self) -> None:
        self._deadline.cancel()
        if not self._socket.upgraded:
            self._socket.probe_failed()
