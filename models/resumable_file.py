"""The files of resumable uploads. Of all processes, one request at a time writes to each.

    DATA_DIR/resumable/<upload id>    what has come of it; locked (flock) by who is at work on it

The file's size is the upload's offset: what was acknowledged is on the disk, whatever happens to
the process. Who comes back after a broken connection is often quicker than the news of the break:
then the older request, which hears nothing any more, lets go for the newer.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from math import inf
from pathlib import Path
from uuid import UUID

from models.disk import append_to, locked
from models.errors import Conflict, PayloadTooLarge, Unavailable
from models.publication import is_canonical

STALLED_S = 30.0
WAIT_S = 3.0
_ASK_EVERY_S = 0.5
_LOOK_EVERY_S = 0.05
_BATCH_BYTES = 2**20

Read = Callable[[], Awaitable[bytes]]


class Busy(Conflict):
    """Another request is at work on this upload."""


class WrongOffset(Conflict):
    """The upload has more or fewer bytes than who sends believes."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Somebody wants an upload's file since `since_ms`; where `at` is given, if it is so long."""

    upload_id: UUID
    at: int | None
    since_ms: float


class ResumableFiles:
    """The folder. `ask_others` has the other processes `let_go`; all of them share `now_ms`."""

    def __init__(self, data_dir: Path, now_ms: Callable[[], float]) -> None:
        self._folder = data_dir / "resumable"
        self._now_ms = now_ms
        self._held: dict[UUID, ResumableFile] = {}
        self.ask_others: Callable[[Ask], None] = lambda _ask: None

    async def size_of(self, upload_id: UUID) -> int:
        """How many bytes have come."""
        return await asyncio.to_thread(_size_of, self._path(upload_id))

    @asynccontextmanager
    async def held(
        self, upload_id: UUID, at: int | None = None, *, wait_s: float = WAIT_S
    ) -> AsyncIterator["ResumableFile"]:
        """Have the file alone. Whoever has it is asked to let go, and is waited for.

        With `at` only if it has that size, and whoever has it has added nothing; else
        `WrongOffset`. `Busy` where nobody lets go in time; with `wait_s` 0 nobody is asked.
        """
        file = await self._take(upload_id, at, wait_s)
        self._held[upload_id] = file
        try:
            yield file
        finally:
            if self._held.get(upload_id) is file:  # not a later one, of a file made anew
                del self._held[upload_id]
            file.close()

    async def _take(self, upload_id: UUID, at: int | None, wait_s: float) -> "ResumableFile":
        loop, path = asyncio.get_running_loop(), self._path(upload_id)
        ask, asked_at, deadline = Ask(upload_id, at, self._now_ms()), -inf, loop.time() + wait_s
        while (descriptor := await _locked(path)) is None:
            if at is not None and await self.size_of(upload_id) != at:
                raise WrongOffset("The upload has another offset.")
            if loop.time() >= deadline:
                raise Busy("Another request is at work on this upload.")
            if loop.time() >= asked_at + _ASK_EVERY_S:
                asked_at = loop.time()
                self.let_go(ask)
                self.ask_others(ask)
            await asyncio.sleep(_LOOK_EVERY_S)
        file = ResumableFile(path, descriptor, self._now_ms())
        if at is not None and file.offset != at:
            file.close()
            raise WrongOffset("The upload has another offset.")
        return file

    def let_go(self, ask: Ask) -> None:
        """Have the request of this process that has the file, if any, leave it to a newer one.

        What was asked before it had the file, and comes late, is not meant for it.
        """
        file = self._held.get(ask.upload_id)
        if file and ask.since_ms > file.since_ms:
            file.let_go(ask.at)

    def let_all_go(self) -> None:
        """End all requests soon, keeping what has come: this process is about to stop."""
        for file in self._held.values():
            file.let_go(None)

    async def all(self) -> set[UUID]:
        """Of which uploads there is a file."""
        return await asyncio.to_thread(self._all)

    def _all(self) -> set[UUID]:
        self._folder.mkdir(exist_ok=True)
        return {UUID(path.name) for path in self._folder.iterdir() if is_canonical(path.name)}

    def _path(self, upload_id: UUID) -> Path:
        return self._folder / str(upload_id)


class ResumableFile:
    """One upload's file, locked since `since_ms`. `offset` bytes of it are on the disk."""

    def __init__(self, path: Path, descriptor: int, since_ms: float) -> None:
        self.path = path
        self.since_ms = since_ms
        self.offset = os.fstat(descriptor).st_size
        self._descriptor = descriptor
        self._batch = bytearray()
        self._is_writing = False
        self._is_wanted = False
        self._patience: asyncio.Timeout | None = None

    async def fill(self, read: Read, most_bytes: int) -> None:
        """Append what `read` gives, until it gives nothing; what has come is kept in any case.

        `PayloadTooLarge` where that is more than `most_bytes`, `Busy` where a newer request wants
        the file, `Unavailable` where nothing comes for half a minute.
        """
        try:
            while chunk := await self._next(read):
                most_bytes -= len(chunk)
                if most_bytes < 0:
                    raise PayloadTooLarge("These are more bytes than the upload has.")
                self._batch += chunk
                if len(self._batch) >= _BATCH_BYTES:
                    await self._write()
        finally:
            await self._write()
            await self.sync()

    async def _next(self, read: Read) -> bytes:
        chunk = b"" if self._is_wanted else await self._patiently(read)
        if self._is_wanted:  # also where a chunk has come in this moment, after what was dropped
            raise Busy("A newer request goes on with this upload.")
        return chunk

    async def _patiently(self, read: Read) -> bytes:
        try:
            async with asyncio.timeout(STALLED_S) as self._patience:
                return await read()
        except TimeoutError:
            if self._is_wanted:
                return b""
            raise Unavailable("Nothing has come for too long.") from None
        finally:
            self._patience = None

    async def _write(self) -> None:
        batch, self._batch = self._batch, bytearray()
        self._is_writing = True
        try:
            await _to_its_end(append_to, self._descriptor, batch)
        finally:
            self._is_writing = False
            self.offset = os.fstat(self._descriptor).st_size

    async def sync(self) -> None:
        """Bring it to the disk: only then it may be acknowledged."""
        await _to_its_end(os.fsync, self._descriptor)

    def let_go(self, at: int | None) -> None:
        """Have `fill` end. With `at` only where nothing was added to that, which then stays so."""
        if self._is_wanted or (at is not None and (self._is_writing or self.offset != at)):
            return
        if at is not None:
            self._batch.clear()
        self._is_wanted = True
        if self._patience:
            with suppress(RuntimeError):  # it is at its end anyhow
                self._patience.reschedule(asyncio.get_running_loop().time())

    async def remove(self) -> None:
        """Delete it; the lock stays until the end."""
        await asyncio.to_thread(self.path.unlink, missing_ok=True)

    def close(self) -> None:
        """Let others have it."""
        os.close(self._descriptor)


async def _locked(path: Path) -> int | None:
    opening = asyncio.ensure_future(asyncio.to_thread(_locked_within, path))
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        await asyncio.wait([opening])
        if not opening.exception() and (descriptor := opening.result()) is not None:
            os.close(descriptor)
        raise


def _locked_within(path: Path) -> int | None:
    path.parent.mkdir(exist_ok=True)
    return locked(path)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


async def _to_its_end(work: Callable[..., object], *arguments: object) -> None:
    """Run `work` in a thread; a cancellation waits for its end, so that nobody else comes in."""
    working = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait([working])
        raise
