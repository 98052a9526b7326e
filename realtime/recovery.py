"""Connection state recovery: a client that was away for a moment goes on where it was.

Every broadcast has a place (`n`) in one order for all processes, and its topic's log keeps it for
a while. A socket that may be recovered is told the place of all that it hears, and a record says
what it heard: from both, any process knows what it missed. The stock JavaScript client sends
`pid` and `offset` by itself when it reconnects, and says `recovered` when it gets its `pid` back.
"""

import asyncio
import secrets
from collections.abc import Iterable
from contextlib import suppress
from itertools import islice
from typing import Any

import redis.asyncio as redis
import structlog

from config.redis import PREFIX, REDIS_DOWN
from realtime.bus import Bus
from realtime.message import Heard
from realtime.recoverable import NO_OFFSET, Recoverable, placed, with_offset

# A record outlives its socket by 150 to 180 s, also where nobody was left to note its end.
RECORD_LIFE_S = 180
REFRESH_EVERY_S = 30.0
RETRY_S = 0.5
WRITE_AFTER_S = 0.05
AT_ONCE = 500
MAX_REPLAY_BYTES = 768 * 1024  # of the 1 MiB that a socket may leave unread
PACKET_OVERHEAD = 100
MAX_COLLECTED = 5000

log = structlog.get_logger(__name__)


class Recovery:
    """This process' sockets that may be recovered, and the records of all."""

    def __init__(self, client: "redis.Redis", bus: Bus) -> None:
        self._redis = client
        self._bus = bus
        self.sockets: dict[str, Recoverable] = {}
        self.joining: set[str] = set()
        self._unwritten: set[str] = set()
        self._news = asyncio.Event()

    def open(self, sid: str, user_id: str, session_id: str) -> Recoverable:
        """Have a socket recovered when it is lost; its `pid` is secret and names it."""
        epoch, pid = self._bus.receiver.epoch, secrets.token_urlsafe(24)
        self.sockets[sid] = socket = Recoverable(pid, [sid], user_id, session_id, epoch)
        return socket

    def reopen(self, sid: str, record: Recoverable) -> None:
        """Have a socket take the place of a lost one, and collect what it hears."""
        self.sockets[sid] = record.successor(sid)
        self.joining.add(sid)

    def greeting(self, sid: str) -> dict[str, str]:
        """What stands beside `sid` in the answer to a client that joins."""
        socket = self.sockets.get(sid)
        return {"pid": socket.pid} if socket else {}

    def offset(self) -> str:
        """What a socket has heard that is told now."""
        place = self._bus.receiver.place
        return f"{place[0]}.{place[1]}" if place else NO_OFFSET

    async def look(self, sid: str) -> None:
        """See where all processes are; to be awaited before the socket enters topics.

        This process may not have heard what was said to a topic before it listened to it.
        """
        if socket := self.sockets.get(sid):
            socket.begins = await self._bus.place_now()

    def entered(self, sid: str, topic: str) -> None:
        """The socket hears the topic from here on."""
        if socket := self.sockets.get(sid):
            socket.rebase(self._bus.receiver.epoch)
            socket.enter(topic, self._bus.receiver.place)
            self._write_soon(sid)

    def left(self, sid: str, topic: str) -> None:
        """The socket hears the topic no more."""
        if socket := self.sockets.get(sid):
            socket.topics.pop(topic, None)
            self._write_soon(sid)

    def close(self, sid: str) -> None:
        """The socket is gone; its record stays for a while."""
        self.sockets.pop(sid, None)
        self.joining.discard(sid)
        self._unwritten.discard(sid)

    async def take(self, pid: Any, user_id: str, session_id: str) -> Recoverable | None:
        """The record of a lost socket, for one who comes back with the same session, once."""
        if not isinstance(pid, str) or len(pid) > 64:
            return None
        kept = await self._redis.get(_key(pid))
        record = Recoverable.decode(kept) if kept else None
        if record is None or (record.user_id, record.session_id) != (user_id, session_id):
            return None
        async with self._redis.pipeline() as pipeline:
            pipeline.get(_key(pid))
            pipeline.delete(_key(pid))
            taken, _ = await pipeline.execute()
        return Recoverable.decode(taken) if taken else None

    async def read_missed(self, sid: str, record: Recoverable, offset: Any) -> bool:
        """Read what was said after `offset` to what the record heard; False: not all is there."""
        receiver = self._bus.receiver
        until = record.heard_until(offset)
        if until is None or receiver.place is None or record.epoch != receiver.epoch:
            return False
        said = await self._bus.said_since(until)
        if said is None:
            return False
        socket = self.sockets[sid]
        socket.read = {heard.n for heard in said}
        socket.missed = [heard for heard in said if not socket.is_spared(heard)]
        weights = (len(heard.message.packet) + PACKET_OVERHEAD for heard in socket.missed)
        return sum(weights) <= MAX_REPLAY_BYTES

    def collect(self, sid: str, heard: Heard) -> bool:
        """Keep it for a socket that is being recovered; False: it is to be told now."""
        collected = self.sockets[sid].collected
        if collected is None:
            return False
        collected.append(heard)
        return True

    def release(self, sid: str) -> list[str] | None:
        """All that the socket missed, and what came meanwhile, in order; None: it is too much."""
        socket = self.sockets[sid]
        collected = [each for each in socket.collected or () if each.n not in socket.read]
        missed, socket.missed, socket.read, socket.collected = socket.missed, [], set(), None
        self.joining.discard(sid)
        if len(collected) > MAX_COLLECTED:
            return None
        if self._bus.receiver.place is None or any(each.n == 0 for each in collected):
            said = [with_offset(each.message.packet, NO_OFFSET) for each in collected]
            return [*map(placed, missed), *said]
        return [placed(each) for each in sorted([*missed, *collected], key=lambda each: each.n)]

    async def keep(self, sid: str) -> None:
        """Write the socket's record now, so that it is there before the client is told so."""
        if sid in self.sockets:
            try:
                await self._write([sid])
            except REDIS_DOWN as error:
                log.warning("record not kept", error=type(error).__name__)
                self._write_soon(sid)

    async def run(self) -> None:
        """Write what has changed, and keep all records from ending, until cancelled."""
        loop = asyncio.get_running_loop()
        refresh_at = loop.time() + REFRESH_EVERY_S
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(refresh_at):
                    await self._news.wait()
            try:
                if loop.time() >= refresh_at:
                    refresh_at = loop.time() + REFRESH_EVERY_S
                    await self._refresh()
                await asyncio.sleep(WRITE_AFTER_S)  # what changes together is written together
                await self._write_changed()
            except REDIS_DOWN as error:
                log.warning("records not kept", error=type(error).__name__)
                await asyncio.sleep(RETRY_S)

    def _write_soon(self, sid: str) -> None:
        self._unwritten.add(sid)
        self._news.set()

    async def _write_changed(self) -> None:
        while some := list(islice(self._unwritten, AT_ONCE)):
            await self._write(some)
        self._news.clear()

    async def _write(self, sids: Iterable[str]) -> None:
        sockets = [self.sockets[sid] for sid in sids if sid in self.sockets]
        self._unwritten.difference_update(sids)
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                for socket in sockets:
                    socket.rebase(self._bus.receiver.epoch)
                    pipeline.set(_key(socket.pid), socket.encode(), ex=RECORD_LIFE_S)
                await pipeline.execute()
        except BaseException:
            self._unwritten.update(socket.sid for socket in sockets)
            raise

    async def _refresh(self) -> None:
        """Let no record of a living socket end; one that was lost is written anew."""
        rest = iter(list(self.sockets.values()))
        while some := list(islice(rest, AT_ONCE)):
            async with self._redis.pipeline(transaction=False) as pipeline:
                for socket in some:
                    pipeline.expire(_key(socket.pid), RECORD_LIFE_S)
                found = await pipeline.execute()
            for socket, there in zip(some, found, strict=True):
                if not there and socket.sid in self.sockets:
                    self._write_soon(socket.sid)


def _key(pid: str) -> str:
    return f"{PREFIX}recover:{pid}"
