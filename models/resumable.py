"""Uploads that can be resumed: a recording that comes in pieces, over broken connections."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.transactions import in_transaction

from models.errors import Conflict, NotFound
from models.row import Row, ids_of
from models.track import Track
from models.user import User

LASTS = timedelta(hours=24)
MOST_UNFINISHED = 10


class UploadState(StrEnum):
    """What has become of it."""

    RECEIVING = "receiving"
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"


UNFINISHED = (UploadState.RECEIVING, UploadState.PROCESSING)


class ResumableUpload(Row):
    """A recording of `size` bytes on its way in. How many are here, its file says.

    `form` is what its uploader says of it: `track`, and all as it came in `metadata`. `error` is
    the `code` and the `message` of a failure. At `expires_at` it is forgotten.
    """

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="resumable_uploads", on_delete=fields.CASCADE
    )
    user_id: UUID
    size = fields.BigIntField()
    name = fields.CharField(max_length=255, default="")
    form: Any = fields.JSONField(default=dict)
    state = fields.CharEnumField(UploadState, default=UploadState.RECEIVING)
    track: fields.ForeignKeyNullableRelation[Track] = fields.ForeignKeyField(
        "models.Track", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    track_id: UUID | None
    error: Any = fields.JSONField(null=True)
    expires_at: datetime = fields.DatetimeField(db_index=True)

    class Meta:
        table = "resumable_uploads"

    @classmethod
    async def begin(cls, user: User, now: datetime, **values: Any) -> Self:
        """A new one, of which nothing has come. `Conflict` where the user has too many."""
        async with in_transaction():
            await User.select_for_update().get(id=user.id)  # two at once are counted in turn
            mine = cls.filter(user_id=user.id, state__in=UNFINISHED, expires_at__gt=now)
            if await mine.count() >= MOST_UNFINISHED:
                raise Conflict(f"You have {MOST_UNFINISHED} unfinished uploads.")
            return await cls.create(user=user, expires_at=now + LASTS, **values)

    @classmethod
    async def of(cls, user_id: UUID, upload_id: UUID, now: datetime) -> Self:
        """The user's upload, else `NotFound`."""
        found = await cls.get_or_none(id=upload_id, user_id=user_id, expires_at__gt=now)
        if found is None:
            raise NotFound("There is no such upload.")
        return found

    async def process(self, now: datetime) -> None:
        """All of it is on the disk: from now on a track is being made of it."""
        await self._go_on(UploadState.RECEIVING, now, state=UploadState.PROCESSING)

    async def finish(self, track_id: UUID, now: datetime) -> None:
        """It has become a track; within the transaction that makes it, so that there is one."""
        await self._go_on(UploadState.PROCESSING, now, state=UploadState.DONE, track_id=track_id)

    async def fail(self, code: str, message: str, now: datetime) -> None:
        """Nothing can become of it."""
        error = {"code": code, "message": message}
        await self._go_on(UploadState.PROCESSING, now, state=UploadState.FAILED, error=error)

    async def _go_on(self, was: UploadState, now: datetime, **values: Any) -> None:
        """`NotFound` where it was deleted meanwhile, or another has gone on with it."""
        mine = ResumableUpload.filter(id=self.id, state=was)
        if not await mine.update(**values, expires_at=now + LASTS):
            raise NotFound("There is no such upload.")
        self.update_from_dict(values)

    @classmethod
    async def unprocessed(cls) -> list[UUID]:
        """Those that a track is or should be made of, the first first."""
        waiting = cls.filter(state=UploadState.PROCESSING).order_by("expires_at").limit(100)
        return await ids_of(waiting)

    @classmethod
    async def forget_old(cls, now: datetime) -> int:
        """Delete those that have expired, says how many; what is being processed is not."""
        settled = (UploadState.RECEIVING, UploadState.DONE, UploadState.FAILED)
        return await cls.filter(expires_at__lte=now, state__in=settled).delete()

    @classmethod
    async def needed(cls, upload_ids: list[UUID]) -> set[UUID]:
        """Which of these still need their files."""
        return set(await ids_of(cls.filter(id__in=upload_ids, state__in=UNFINISHED)))
