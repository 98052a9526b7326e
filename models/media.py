"""Where files live: whole ones under `media`, half-made ones under `tmp`, nothing in between.

    DATA_DIR/media/tracks/<track id>/audio.m4a, cover.jpg    public, never changed
    DATA_DIR/media/images/<image id>/image.webp, thumb.webp  the same
    DATA_DIR/media/attachments/<attachment id>/file          for holders of a signed path only
    DATA_DIR/tmp/<process>/lock                              held (flock) while the process lives
    DATA_DIR/tmp/<process>/<upload>/source, target/          an upload in the making
    DATA_DIR/tmp/<process>/<kind>.<id>.publishing            its files are public, its row may be

How files become public, and are taken away again, is in `models.publication`. The next start finds
the folder of a dead process by its free lock, and settles what its markers tell of.
"""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from pathlib import Path
from typing import Self
from uuid import UUID

import structlog

from models.audio.picture import PICTURE_TYPES
from models.audio.recording import AUDIO_TYPES, COVER_TYPES
from models.disk import alone_at, lock_of
from models.publication import (
    Exists,
    Kind,
    Published,
    Upload,
    is_canonical,
    mark,
    marked,
    settle,
    withdraw,
)

_NAMES = {Kind.TRACKS: AUDIO_TYPES | COVER_TYPES, Kind.IMAGES: PICTURE_TYPES}
MEDIA_TYPES = AUDIO_TYPES | COVER_TYPES | PICTURE_TYPES

log = structlog.get_logger()


def track_url(track_id: UUID, name: str) -> str:
    """The public path of a track's file; what is there never changes."""
    return f"/media/{Kind.TRACKS}/{track_id}/{name}"


def image_url(image_id: UUID, name: str) -> str:
    """The public path of an image's file; what is there never changes."""
    return f"/media/{Kind.IMAGES}/{image_id}/{name}"


class MediaStore:
    """The files of one server process, within `async with`; many may share a `data_dir`."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "media"
        self._tmp = data_dir / "tmp"
        self._own: Path | None = None
        self._lock = -1

    async def __aenter__(self) -> Self:
        self._own, self._lock = await asyncio.to_thread(self._claim)
        return self

    def _claim(self) -> tuple[Path, int]:
        for kind in Kind:
            (self.folder / kind).mkdir(parents=True, exist_ok=True)
        self._tmp.mkdir(parents=True, exist_ok=True)
        own = self._tmp / f"{os.getpid()}-{secrets.token_hex(8)}"
        with self._no_sweep():
            own.mkdir()
            lock = lock_of(own)
        assert lock is not None  # noqa: S101  # a folder just made, under a name nobody can know
        return own, lock

    async def __aexit__(self, *_: object) -> None:
        if self._own:
            if not marked(self._own):  # else the next start's sweep settles it
                await asyncio.to_thread(shutil.rmtree, self._own, ignore_errors=True)
            os.close(self._lock)
            self._own = None

    async def sweep(self, exists: Mapping[Kind, Exists]) -> int:
        """Remove what dead processes left behind; the number of them. For every start.

        Living processes, this one too, are not touched. Several sweeps may run at once.
        """
        dead = await asyncio.to_thread(self._dead)
        try:
            found = {thing for folder in dead for thing in marked(folder)}
            orphans = await _without_row(found, exists)
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

    def _bury(self, folders: Iterable[Path], orphans: set[Published]) -> None:
        for folder in folders:
            for thing in marked(folder) & orphans:
                withdraw(thing, self.folder, folder)
            shutil.rmtree(folder, ignore_errors=True)
            if folder.exists():
                log.warning("leftovers_stay", folder=str(folder))

    def _no_sweep(self) -> AbstractContextManager[None]:
        """Between making a folder and locking it, nobody else may look: it would seem dead."""
        return alone_at(self._tmp / "sweep.lock")

    @asynccontextmanager
    async def upload(self, max_bytes: int) -> AsyncIterator[Upload]:
        """A place for one upload, gone at the end with all that was not published."""
        assert self._own  # noqa: S101  # opened at start
        folder = self._own / secrets.token_hex(8)
        try:
            await asyncio.to_thread((folder / "target").mkdir, parents=True)
            yield Upload(self.folder, folder, max_bytes)
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def remove_track(self, track_id: UUID) -> None:
        """Take away the files of a track whose row is gone; what is gone already stays so."""
        await self._remove(Published(Kind.TRACKS, track_id))

    async def remove_image(self, image_id: UUID) -> None:
        """Take away the files of an image whose row is gone; what is gone already stays so."""
        await self._remove(Published(Kind.IMAGES, image_id))

    async def _remove(self, thing: Published) -> None:
        assert self._own  # noqa: S101  # opened at start
        await asyncio.to_thread(withdraw, thing, self.folder, self._own)

    @asynccontextmanager
    async def removing(self, kind: Kind, ids: set[UUID], exists: Exists) -> AsyncIterator[None]:
        """Take away the files of those whose row is gone at the end of the body.

        Of a process that is killed in between, the next start does it.
        """
        assert self._own  # noqa: S101  # opened at start
        things = [Published(kind, each) for each in ids]
        await asyncio.to_thread(mark, things, self._own)
        try:
            yield
        finally:
            await settle(things, exists, self.folder, self._own)

    async def path_of(self, parts: Sequence[str]) -> Path | None:
        """The public file behind `/media/<parts joined by />`, or None; see `MEDIA_TYPES`.

        Only names that we ourselves give are known, so there is no way out of the folder.
        """
        match list(parts):
            case [kind, media_id, name] if is_canonical(media_id):
                if kind in set(_NAMES) and name in _NAMES[Kind(kind)]:
                    path = self.folder / kind / media_id / name
                    return path if await asyncio.to_thread(path.is_file) else None
        return None

    def private_path(self, kind: Kind, media_id: UUID, name: str) -> Path:
        """The file of something that is not for everybody; whether it is there, its row says."""
        return self.folder / kind / str(media_id) / name


async def _without_row(things: set[Published], exists: Mapping[Kind, Exists]) -> set[Published]:
    orphans = set()
    for kind in {thing.kind for thing in things}:
        ids = {thing.id for thing in things if thing.kind == kind}
        orphans |= {Published(kind, each) for each in ids - await exists[kind](ids)}
    return orphans
