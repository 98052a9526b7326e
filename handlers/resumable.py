"""From the last byte of a resumable upload to its track; and what is done about those left over."""

from typing import Any
from uuid import UUID

import structlog

from handlers.attempt import attempt
from handlers.envelope import failure
from handlers.services import Services, user_channel
from models.errors import NotFound, Unavailable
from models.resumable import ResumableUpload, UploadState
from models.resumable_file import Ask, Busy, ResumableFile
from models.track import Track
from models.upload import publish_track
from schemas.upload import UploadFailed, UploadFinished

WANTED = "upload_wanted"

log = structlog.get_logger(__name__)


def share_uploads(services: Services) -> None:
    """Have the processes hear from each other who wants to go on with an upload."""

    def ask_others(ask: Ask) -> None:
        said = {"upload": str(ask.upload_id), "at": ask.at, "since_ms": ask.since_ms}
        services.manager.control(WANTED, **said)

    async def let_go(said: dict[str, Any]) -> None:
        services.resumable.let_go(Ask(UUID(said["upload"]), said["at"], said["since_ms"]))

    services.resumable.ask_others = ask_others
    services.manager.on_control(WANTED, let_go)


def start_track(services: Services, upload_id: UUID) -> None:
    """Have a track made of it, in a task of this process."""
    name = f"upload-{upload_id}"
    services.tasks.start(attempt(make_track(services, upload_id), name), name)


async def make_track(services: Services, upload_id: UUID) -> None:
    """Make a track of an upload that has come whole, and tell its user.

    Who is at work on it has its file's lock, which ends with the process: of two that try one does
    it, and after a kill another. The track and the upload's new state are written together.
    """
    try:
        async with services.resumable.held(upload_id, wait_s=0) as file:
            upload = await ResumableUpload.get_or_none(id=upload_id).select_related("user")
            if upload is not None and upload.state is UploadState.PROCESSING:
                await _end(services, upload, file)
    except Busy:
        return  # another is at work on it


async def _end(services: Services, upload: ResumableUpload, file: ResumableFile) -> None:
    try:
        track = await _published(services, upload, file)
    except Exception as error:  # noqa: BLE001 - somebody waits for an answer, as with a request
        await _give_up(services, upload, file, error)
        return
    await file.remove()
    said = {"upload_id": upload.id, "track": track}
    services.tell(user_channel(upload.user_id), UploadFinished, said)


async def _published(services: Services, upload: ResumableUpload, file: ResumableFile) -> Track:
    if upload.expires_at <= services.now():
        raise TimeoutError

    async def also(track_id: UUID) -> None:
        await upload.finish(track_id, services.now())

    async with services.media.upload(upload.size) as place:
        place.name = upload.name
        await place.adopt(file.path)
        form = upload.form["track"]
        return await publish_track(place, services.workers, upload.user, form, also)


async def _give_up(
    services: Services, upload: ResumableUpload, file: ResumableFile, error: Exception
) -> None:
    """For good, unless it may work later; not longer than a day."""
    envelope = failure(error)
    said = {"upload_id": upload.id, "code": envelope["code"], "error": envelope["error"]}
    now = services.now()
    if said["code"] == Unavailable.code and upload.expires_at > now:
        return  # housekeeping tries again
    try:
        await upload.fail(said["code"], said["error"], now)
    except NotFound:  # the user is gone, or it was done by another
        log.info("upload gone", upload=str(upload.id))
        return
    await file.remove()
    services.tell(user_channel(upload.user_id), UploadFailed, said)


class UploadCare:
    """The chores of resumable uploads."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def resume(self) -> None:
        """Go on with those that nobody works on: their process was killed, or had no room."""
        for upload_id in await ResumableUpload.unprocessed():
            start_track(self._services, upload_id)

    async def expire(self) -> None:
        """Forget those that have expired, and remove the files that nobody needs any more."""
        await ResumableUpload.forget_old(self._services.now())
        files = sorted(await self._services.resumable.all())
        for start in range(0, len(files), 500):
            some = files[start : start + 500]
            for upload_id in set(some) - await ResumableUpload.needed(some):
                await self._remove(upload_id)

    async def _remove(self, upload_id: UUID) -> None:
        try:
            async with self._services.resumable.held(upload_id, wait_s=0) as file:
                await file.remove()
        except Busy:
            return  # whoever has it is at its end, and the next round comes
