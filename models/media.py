"""Where files live: public ones under `media`, half-made ones under `tmp`, nothing in between.

    DATA_DIR/media/tracks/<track id>/audio.m4a, cover.jpg   public, never changed
    DATA_DIR/tmp/<process>/lock                             held (flock) while the process lives
    DATA_DIR/tmp/<process>/<upload>/source, track/          an upload in the making
    DATA_DIR/tmp/<process>/<track id>.publishing            its files are public, its row may be

A track is made public by one rename, between writing its marker and committing its row. After
`kill -9` at any point the next start finds the dead process's folder by its free lock, and for each
marker asks the database: with a row the files stay, without one they go.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Self
from uuid import UUID

import structlog

from models.audio.recording import AUDIO_TYPES, COVER_TYPES
from models.disk import alone_at, append, lock_of, sync
from models.errors import PayloadTooLarge

MEDIA_TYPES = AUDIO_TYPES | COVER_TYPES
_BATCH_BYTES = 2**20
_MARKER = ".publishing"

Exists = Callable[[set[UUID]], Awaitable[set[UUID]]]
"""Which of these track ids have a committed row."""

log = structlog.get_logger()


class TooLarge(PayloadTooLarge):
    """The upload has more bytes than it may."""


def track_url(track_id: UUID, name: str) -> str:
    """The public path of a track's file; what is there never changes."""
    return f"/media/tracks/{track_id}/{name}"


class MediaStore:
    """The files of one server process, within `async with`; many may share a `data_dir`."""

    def __init__(self, data_dir: Path) -> None:
        self.tracks = data_dir / "media" / "tracks"
        self._tmp = data_dir / "tmp"
        self._own: Path | None = None
        self._lock = -1

    async def __aenter__(self) -> Self:
        self._own, self._lock = await asyncio.to_thread(self._claim)
        return self

    def _claim(self) -> tuple[Path, int]:
        self.tracks.mkdir(parents=True, exist_ok=True)
        self._tmp.mkdir(parents=True, exist_ok=True)
        own = self._tmp / f"{os.getpid()}-{secrets.token_hex(8)}"
        with self._no_sweep():
            own.mkdir()
            lock = lock_of(own)
        assert lock is not None  # noqa: S101  # a folder just made, under a name nobody can know
        return own, lock

    async def __aexit__(self, *_: object) -> None:
        if self._own:
            if not _marked(self._own):  # else the next start's sweep settles it
                await asyncio.to_thread(shutil.rmtree, self._own, ignore_errors=True)
            os.close(self._lock)
            self._own = None

    async def sweep(self, exists: Exists) -> int:
        """Remove what dead processes left behind; the number of them. For every start.

        Living processes, this one too, are not touched. Several sweeps may run at once.
        """
        dead = await asyncio.to_thread(self._dead)
        try:
            marked = {track_id for folder in dead for track_id in _marked(folder)}
            orphans = marked - await exists(marked) if marked else set()
            await asyncio.to_thread(self._bury, dead, orphans)
        finally:
            for lock in dead.values():
                os.close(lock)
        return len(dead)

    def _dead(self) -> dict[Path, int]:
        """The folders of dead processes, each with its lock, now held by us."""
        with self._no_sweep():
            folders = [path for path in self._tmp.iterdir() if path.is_dir()]
            locks = {folder: lock_of(folder) for folder in folders}
        return {folder: lock for folder, lock in locks.items() if lock is not None}

    def _bury(self, folders: Iterable[Path], orphans: set[UUID]) -> None:
        for folder in folders:
            for track_id in _marked(folder) & orphans:
                _withdraw(track_id, self.tracks, folder)
            shutil.rmtree(folder, ignore_errors=True)
            if folder.exists():
                log.warning("leftovers_stay", folder=str(folder))

    def _no_sweep(self) -> AbstractContextManager[None]:
        """Between making a folder and locking it, nobody else may look: it would seem dead."""
        return alone_at(self._tmp / "sweep.lock")

    @asynccontextmanager
    async def upload(self, max_bytes: int) -> AsyncIterator["Upload"]:
        """A place for one upload, gone at the end with all that was not published."""
        assert self._own  # noqa: S101  # opened at start
        folder = self._own / secrets.token_hex(8)
        try:
            await asyncio.to_thread((folder / "track").mkdir, parents=True)
            yield Upload(self.tracks, folder, max_bytes)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def remove_track(self, track_id: UUID) -> None:
        """Take away the files of a track whose row is gone; what is gone already stays so."""
        assert self._own  # noqa: S101  # opened at start
        await asyncio.to_thread(_withdraw, track_id, self.tracks, self._own)

    async def path_of(self, parts: Sequence[str]) -> Path | None:
        """The file behind `/media/<parts joined by />`, or None; its type is in `MEDIA_TYPES`.

        Only names that we ourselves give are known, so there is no way out of the folder.
        """
        match list(parts):
            case ["tracks", track_id, name] if name in MEDIA_TYPES and _is_canonical(track_id):
                path = self.tracks / track_id / name
                return path if await asyncio.to_thread(path.is_file) else None
        return None


class Upload:
    """One file on its way in: `write` its bytes, `finish`, fill `track`, then `published`.

    `source` is the file as it came (after `finish`), `track` the empty folder to become public.
    """

    def __init__(self, tracks: Path, folder: Path, max_bytes: int) -> None:
        self.size = 0
        self.name = ""  # what its sender calls the file
        self.source = folder / "source"
        self.track = folder / "track"
        self._own = folder.parent
        self._tracks = tracks
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

    @asynccontextmanager
    async def published(self, track_id: UUID, exists: Exists) -> AsyncIterator[None]:
        """Make the files in `track` public for the time of the body, which commits their row.

        They stay when it ends well. When it does not, its commit may still have worked (a lost
        answer, a cancellation): `exists` tells, and where it cannot, the next start asks again.
        """
        publishing = asyncio.ensure_future(asyncio.to_thread(self._publish, track_id))
        try:
            await asyncio.shield(publishing)
            yield
        except BaseException:
            await asyncio.wait([publishing])
            await self._settle(track_id, exists)
            raise
        await asyncio.to_thread(self._marker(track_id).unlink)

    def _publish(self, track_id: UUID) -> None:
        for path in self.track.iterdir():
            sync(path)
        sync(self.track)
        self._marker(track_id).touch()
        sync(self._own)
        self.track.rename(self._tracks / str(track_id))
        sync(self._tracks)

    async def _settle(self, track_id: UUID, exists: Exists) -> None:
        try:
            known = await exists({track_id})
        except Exception:  # noqa: BLE001  # whatever it was: the marker stays, the next start asks
            log.warning("publishing_unsettled", track_id=str(track_id))
            return
        if track_id in known:
            await asyncio.to_thread(self._marker(track_id).unlink, missing_ok=True)
        else:
            await asyncio.to_thread(_withdraw, track_id, self._tracks, self._own)

    def _marker(self, track_id: UUID) -> Path:
        return self._own / f"{track_id}{_MARKER}"


def _withdraw(track_id: UUID, tracks: Path, own: Path) -> None:
    """Take a track's files out of the public place, at once and then for good."""
    removed = own / f"{track_id}.removed"
    if (tracks / str(track_id)).exists():
        (tracks / str(track_id)).rename(removed)
        sync(tracks)
    shutil.rmtree(removed, ignore_errors=True)
    (own / f"{track_id}{_MARKER}").unlink(missing_ok=True)


def _marked(folder: Path) -> set[UUID]:
    names = (path.name.removesuffix(_MARKER) for path in folder.glob(f"*{_MARKER}"))
    return {UUID(name) for name in names if _is_canonical(name)}


def _is_canonical(text: str) -> bool:
    """Whether this is a UUID in the one spelling that we write."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
