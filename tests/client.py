"""A signed-in client for tests: the stock python-socketio client, with an ear and a memory."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import socketio

PATIENCE_S = 8.0
PASSWORD = "correct horse battery"

Event = tuple[str, Any]


class Client:
    """A user's socket. `call` sends and gives the envelope; `hears` waits for an event."""

    def __init__(self, url: str, account: dict[str, Any]) -> None:
        self.url = url
        self.user: dict[str, Any] = account["user"]
        self.id: str = self.user["id"]
        self.token: str = account["accessToken"]
        self.refresh_token: str = account["refreshToken"]
        self.events: list[Event] = []
        self.disconnected = asyncio.Event()
        self._news = asyncio.Condition()
        self.sio = socketio.AsyncClient(reconnection=False)
        self.sio.on("*", self._on_event)
        self.sio.on("disconnect", self._on_disconnect)

    async def connect(self, transports: list[str] | None = None) -> "Client":
        """Connect and wait for `connected`."""
        await self.sio.connect(
            self.url, auth={"token": self.token}, transports=transports or ["websocket"]
        )
        await self.hears("connected")
        return self

    async def call(self, event: str, payload: Any = None) -> dict[str, Any]:
        """The envelope that acknowledges `event`."""
        data = () if payload is None else payload
        answer: dict[str, Any] = await self.sio.call(event, data, timeout=15)
        return answer

    async def ok(self, event: str, payload: Any = None) -> Any:
        """The data of an acknowledgement that must be a success."""
        answer = await self.call(event, payload)
        assert answer["success"], f"{event}: {answer}"
        return answer["data"]

    async def refused(self, event: str, payload: Any = None) -> str:
        """The code of an acknowledgement that must be a failure."""
        answer = await self.call(event, payload)
        assert not answer["success"], f"{event}: {answer}"
        code: str = answer["code"]
        return code

    async def hears(
        self,
        event: str,
        where: Callable[[Any], bool] = lambda _: True,
        *,
        within_s: float = PATIENCE_S,
    ) -> Any:
        """The data of the first such event, heard already or within `within_s`."""
        async with asyncio.timeout(within_s), self._news:
            while True:
                for name, data in self.events:
                    if name == event and where(data):
                        return data
                await self._news.wait()

    def heard(self, event: str) -> list[Any]:
        """The data of all such events so far, in order."""
        return [data for name, data in self.events if name == event]

    def forget(self) -> None:
        """Hear anew."""
        self.events.clear()

    async def close(self) -> None:
        await self.sio.disconnect()

    async def _on_event(self, event: str, data: Any = None) -> None:
        async with self._news:
            self.events.append((event, data))
            self._news.notify_all()

    async def _on_disconnect(self, *_reason: Any) -> None:
        self.disconnected.set()


async def post(url: str, path: str, body: Any = None, token: str = "") -> tuple[int, Any]:
    """Status and JSON of a POST."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url + path, json=body, headers=headers) as response,
    ):
        return response.status, await response.json()


async def get(url: str, path: str, token: str = "") -> tuple[int, Any]:
    """Status and JSON of a GET."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with (
        aiohttp.ClientSession() as session,
        session.get(url + path, headers=headers) as response,
    ):
        return response.status, await response.json()
