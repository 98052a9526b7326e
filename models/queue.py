"""A room's queue: what comes next, who asked for it, and what the others think of it."""

from datetime import datetime
from uuid import UUID

from tortoise import fields

from models.room import Room
from models.row import Row
from models.track import Track
from models.user import User


class QueueItem(Row):
    """A track that somebody added. `playing` items are on, and no longer in the queue."""

    room: fields.ForeignKeyRelation[Room] = fields.ForeignKeyField(
        "models.Room", related_name="queue", on_delete=fields.CASCADE
    )
    room_id: UUID
    track: fields.ForeignKeyRelation[Track] = fields.ForeignKeyField(
        "models.Track", related_name=False, on_delete=fields.CASCADE
    )
    track_id: UUID
    added_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    added_by_id: UUID | None
    added_at: datetime = fields.DatetimeField()
    rank = fields.FloatField()
    playing = fields.BooleanField(default=False)

    class Meta:
        table = "queue_items"
        indexes = (("room_id", "playing", "rank"),)


class QueueVote(Row):
    """A user's opinion of a queue item: 1 or -1."""

    item: fields.ForeignKeyRelation[QueueItem] = fields.ForeignKeyField(
        "models.QueueItem", related_name="votes", on_delete=fields.CASCADE
    )
    item_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name=False, on_delete=fields.CASCADE
    )
    user_id: UUID
    value = fields.SmallIntField()

    class Meta:
        table = "queue_votes"
        unique_together = (("item_id", "user_id"),)


class SkipVote(Row):
    """A user wants to skip the item that is on."""

    item: fields.ForeignKeyRelation[QueueItem] = fields.ForeignKeyField(
        "models.QueueItem", related_name="skip_votes", on_delete=fields.CASCADE
    )
    item_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name=False, on_delete=fields.CASCADE
    )
    user_id: UUID

    class Meta:
        table = "skip_votes"
        unique_together = (("item_id", "user_id"),)
