"""From a half-made folder to public files: whole or not at all, whatever happens in between.

What is published is made public by one rename, between writing its marker and committing its row.
After `kill -9` at any point the marker is still there, and the database says what is to be done:
with a row the files stay, without one they go. What is removed is marked in the same way, before
its row goes.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import structlog

from models.disk import append, link, sync
from models.errors import PayloadTooLarge

_BATCH_BYTES = 2**20
_MARKER = ".publishing"

Exists = Callable[[set[UUID]], Awaitable[set[UUID]]]
"""Which of these ids, all of one kind, have a committed row."""

log = structlog.get_logger()


class Kind(StrEnum):
    """What files belong to: the name of their folder."""

    TRACKS = "tracks"
    IMAGES = "images"
    ATTACHMENTS = "attachments"


class Published(NamedTuple):
    """A thing of which there are public files."""

    kind: Kind
    id: UUID


class TooLarge(PayloadTooLarge):
    """The upload has more bytes than it may."""


class Upload:
    """One file on its way in: `write` its bytes, `finish`, fill `target`, then `published`.

    `source` is the file as it came (after `finish`), `target` the empty folder to become public.
    """

    def __init__(self, media: Path, folder: Path, max_bytes: int) -> None:
        self.size = 0
        self.name = ""  # what its sender calls the file
        self.source = folder / "source"
        self.target = folder / "target"
        self._own = folder.parent
        self._media = media
        self._max_bytes = max_bytes
        self._buffer = bytearray()

    async def write(self, chunk: bytes) -> None:
        """Append bytes. Raises `TooLarge` as soon as there are too many of them."""
        self.size += len(chunk)
        if self.size > self._max_bytes:
            raise TooLarge(f"A file has at most {self._max_bytes // 2**20} MiB.")
        self._buffer += chunk
        if len(self._buffer) >= _BATCH_BYTES:
            await self.finish()

    async def finish(self) -> Path:
        """Write what is still in memory to the source file; its path."""
        batch, self._buffer = self._buffer, bytearray()
        await asyncio.to_thread(append, self.source, batch)
        return self.source

    async def adopt(self, path: Path) -> None:
        """Have a file that is whole already as the source; it stays where it is, too."""
        await asyncio.to_thread(link, path, self.source)

    @asynccontextmanager
    async def published(
        self, published_id: UUID, exists: Exists, kind: Kind = Kind.TRACKS
    ) -> AsyncIterator[None]:
        """Make the files in `target` public for the time of the body, which commits their row.

        They stay when it ends well. When it does not, its commit may still have worked (a lost
        answer, a cancellation): `exists` tells, and where it cannot, the next start asks again.
        """
        thing = Published(kind, published_id)
        publishing = asyncio.ensure_future(asyncio.to_thread(self._publish, thing))
        try:
            await asyncio.shield(publishing)
            yield
        except BaseException:
            await asyncio.wait([publishing])
            await settle([thing], exists, self._media, self._own)
            raise
        await asyncio.to_thread(_marker(thing, self._own).unlink)

    def _publish(self, thing: Published) -> None:
        for path in self.target.iterdir():
            sync(path)
        sync(self.target)
        mark([thing], self._own)
        self.target.rename(self._media / thing.kind / str(thing.id))
        sync(self._media / thing.kind)


def mark(things: Collection[Published], own: Path) -> None:
    """Say in the process's folder `own` that from now on only the database knows of these."""
    for thing in things:
        _marker(thing, own).touch()
    sync(own)


async def settle(things: Collection[Published], exists: Exists, media: Path, own: Path) -> None:
    """Leave or take away the files of things of one kind, by whether they have a row."""
    try:
        known = await exists({thing.id for thing in things})
    except Exception:  # noqa: BLE001  # whatever it was: the markers stay, the next start asks
        log.warning("publishing_unsettled", things=[str(thing.id) for thing in things])
        return
    await asyncio.to_thread(_settle, things, known, media, own)


def _settle(things: Collection[Published], known: set[UUID], media: Path, own: Path) -> None:
    for thing in things:
        if thing.id in known:
            _marker(thing, own).unlink(missing_ok=True)
        else:
            withdraw(thing, media, own)


def withdraw(thing: Published, media: Path, own: Path) -> None:
    """Take a thing's files out of the public place, at once and then for good."""
    public, removed = media / thing.kind / str(thing.id), own / f"{thing.id}.removed"
    if public.exists():
        public.rename(removed)
        sync(public.parent)
    shutil.rmtree(removed, ignore_errors=True)
    _marker(thing, own).unlink(missing_ok=True)


def marked(folder: Path) -> set[Published]:
    """Whose markers lie in a process's folder."""
    found = set()
    for path in folder.glob(f"*{_MARKER}"):
        kind, _, name = path.name.removesuffix(_MARKER).partition(".")
        if kind in set(Kind) and is_canonical(name):
            found.add(Published(Kind(kind), UUID(name)))
    return found


def _marker(thing: Published, own: Path) -> Path:
    return own / f"{thing.kind}.{thing.id}{_MARKER}"


def is_canonical(text: str) -> bool:
    """Whether this is a UUID in the one spelling that we write."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
