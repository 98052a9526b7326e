"""A member of a room who writes without pause, comes back by itself, and keeps account."""

import asyncio
import random
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from tests.faults.ledger import Ledger
from tests.faults.wire import Json, Wire

WINDOW = 100  # so many sends of a member wait for their answers at most
AGAIN_S = 0.3


class Member:
    """Hears the room's channel, and after each break catches up as the contract says.

    `url()` says where to connect now; `last` is the number up to which everything was got. A hole
    in what one connection hears is a complaint; who `mends` fills it by `channel:sync`.
    """

    mends = False

    def __init__(self, account: Json, room: Json, ledger: Ledger, url: Callable[[], str]) -> None:
        self.name: str = account["user"]["username"]
        self.id: str = account["user"]["id"]
        self.token: str = account["accessToken"]
        self.room, self.ledger, self.url = room, ledger, url
        self.channel: str = room["channelId"]
        self.wire: Wire | None = None
        self.at = ""
        self.connections = 0
        self.is_in = False
        self.in_since = 0.0
        self.is_quiet = False
        self.last, self.last_id = 0, ""
        self.got: dict[int, str] = {}
        self.unanswered: dict[str, Json] = {}
        self._live: int | None = None
        self._holed_at = -1
        self._early: list[Json] = []
        self._said: set[str] = set()
        self._written = 0
        self._mending: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Come in, and stay until `stop`."""
        self._tasks.append(asyncio.create_task(self._stay(), name=f"stay-{self.name}"))

    def pace(self, every_s: float) -> None:
        """Write so often while the ledger says that it flows."""
        self._tasks.append(asyncio.create_task(self._write(every_s), name=f"write-{self.name}"))

    async def stop(self) -> None:
        """Go for good; what broke within is raised."""
        for task in self._tasks:
            task.cancel()
        ends = await asyncio.gather(*self._tasks, return_exceptions=True)
        self._go_out()
        if self.wire is not None:
            await self.wire.ended()
        for end in ends:
            if isinstance(end, Exception):
                raise end

    def go_home(self) -> None:
        """Where `url` is another one by now, hang up and go there."""
        if self.wire is not None and self.at != self.url():
            self.wire.close()

    def send(self, nonce: str) -> None:
        """Write; tried again until it is acknowledged."""
        self.unanswered[nonce] = {"channelId": self.channel, "content": nonce, "nonce": nonce}
        self._say(nonce)

    async def ask(self, event: str, **payload: Any) -> Json:
        """The envelope of a success; what is refused for the moment is asked again.

        `OSError` when the connection ends.
        """
        if self.wire is None:
            raise ConnectionError("Not connected yet.")
        wire = self.wire
        while not (answer := await wire.call(event, payload))["success"]:
            self.ledger.refused(self.name, event, answer)
            await asyncio.sleep(AGAIN_S)
        return answer

    def hush(self, quiet: bool = True) -> None:
        """Say nothing in the channel, or go on."""
        self.is_quiet = quiet
        self._say_all()

    async def joined(self, state: Json) -> None:
        """The room's state has been got; for those who keep more of it than messages."""

    def hears(self, event: str, data: Any) -> None:
        """An event has come; for those who hear more than messages."""

    async def _stay(self) -> None:
        while True:
            try:
                self.at = self.url()
                self.wire = await Wire.open(self.at, self.token, self._hear)
                self.connections += 1
                await self._come_in()
                await self.wire.ended()
            except OSError:
                pass  # the process is gone, or not there yet
            self._go_out()
            await asyncio.sleep(random.uniform(0.02, 0.2))

    def _go_out(self) -> None:
        self.is_in, self._live = False, None
        self._said.clear()
        if self._mending is not None:
            self._mending.cancel()
        if self.wire is not None:
            self.wire.close()

    async def _come_in(self) -> None:
        """Join the room, get what was missed, say again what was not acknowledged."""
        self._early.clear()
        answer = await self.ask("room:join", roomId=self.room["id"])
        await self.joined(answer["data"])
        await self._catch_up()
        self._say_all()

    async def _catch_up(self) -> None:
        """Get what was missed from `channel:sync`, else from the list; then what came meanwhile."""
        self.is_in = False
        synced = await self.ask("channel:sync", channelId=self.channel, since=self.last)
        if synced["data"]["recovered"]:
            self._take_all(each["data"] for each in synced["data"]["events"])
        else:
            await self._read_list()
        self._take_all(data for data in self._early if data["seq"] > self.last)
        self._early.clear()
        self.is_in, self.in_since = True, asyncio.get_running_loop().time()

    async def _read_list(self) -> None:
        """Every message after the last one that was got, page by page."""
        more = True
        while more:
            behind = {"after": self.last_id, "limit": 100}
            page = await self.ask("message:list", channelId=self.channel, **behind)
            self._take_all(page["data"])
            more = page["meta"]["hasMore"]

    def _hear(self, event: str, data: Any) -> None:
        self.hears(event, data)
        if event == "message" and data["channelId"] == self.channel:
            self._check_order(data["seq"])
            self._hear_message(data)

    def _check_order(self, seq: int) -> None:
        """One connection hears every number once and in order, from the first that it hears."""
        before, self._live = self._live, seq
        if before is not None and seq <= before:
            self._complain(f"heard {seq} after {before} on one connection")
        elif before is not None and seq > before + 1 and not self.mends:
            self._complain(f"heard {seq} right after {before} on one connection")
            self._holed_at = seq

    def _hear_message(self, data: Json) -> None:
        if not self.is_in:
            self._early.append(data)
        elif data["seq"] > self.last + 1 and self.mends:
            self._early.append(data)
            self._mending = asyncio.create_task(self._mend(), name=f"mend-{self.name}")
            self.is_in = False
        elif data["seq"] > self.last:  # else it was in what we caught up with
            self._take(data)

    async def _mend(self) -> None:
        with suppress(OSError):  # else it catches up when it is back
            await self._catch_up()
            self._say_all()

    def _take_all(self, messages: Iterable[Json]) -> None:
        for data in messages:
            self._take(data)

    def _take(self, data: Json) -> None:
        seq: int = data["seq"]
        if seq not in {self.last + 1, self._holed_at}:
            self._complain(f"got {seq} when {self.last + 1} was due")
        self.got[seq] = data["nonce"]
        self.last, self.last_id = seq, data["id"]

    def _say_all(self) -> None:
        """Say what has no answer yet and was not said on this connection."""
        for nonce in [nonce for nonce in self.unanswered if nonce not in self._said]:
            self._say(nonce)

    def _say(self, nonce: str) -> None:
        if self.is_in and not self.is_quiet and self.wire is not None:
            self._said.add(nonce)
            self.wire.say("message", self.unanswered[nonce], partial(self._answered, nonce))

    def _answered(self, nonce: str, answer: Json) -> None:
        if answer["success"]:
            self.ledger.stored(nonce, answer["data"]["seq"])
            del self.unanswered[nonce]
            return
        self.ledger.refused(self.name, nonce, answer)
        self._said.discard(nonce)
        asyncio.get_running_loop().call_later(AGAIN_S, self._say_all)

    async def _write(self, every_s: float) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time() + random.uniform(0, every_s)
        while True:
            await asyncio.sleep(due - loop.time())
            await self.ledger.flowing.wait()
            if len(self.unanswered) < WINDOW and not self.is_quiet:
                self._written += 1
                self.send(f"{self.name}-{self._written}")
            due = max(due + every_s, loop.time())

    def _complain(self, sentence: str) -> None:
        self.ledger.complain(f"{self.name}, connection {self.connections}: {sentence}")
