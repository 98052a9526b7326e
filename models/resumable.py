"""Uploads that can be resumed: a recording that comes in pieces, over broken connections."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields

from models.row import Row
from models.track import Track
from models.user import User


class UploadState(StrEnum):
    """What has become of it."""

    RECEIVING = "receiving"
    PROCESSING = "processing"
    DONE = "done"
    FAILED = "failed"


class ResumableUpload(Row):
    """A recording of `size` bytes on its way in. How many are here, its file says.

    `form` is what its uploader says of the track; `error` the code and the sentence of a failure.
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
