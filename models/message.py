"""Messages and the log of a channel's events, without a hole."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.channel import Channel
from models.row import Row
from models.user import User


class Message(Row):
    """What somebody said in a channel.

    `seq` is the number of its last change; `number` that of its making, by which lists are sorted.
    """

    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="messages", on_delete=fields.CASCADE
    )
    channel_id: UUID
    author: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, related_name="messages", on_delete=fields.SET_NULL
    )
    author_id: UUID | None
    content = fields.TextField()
    nonce = fields.CharField(max_length=64, null=True)
    reply_to_id: UUID | None = fields.UUIDField(null=True)
    edited = fields.BooleanField(default=False)
    pinned = fields.BooleanField(default=False)
    seq = fields.BigIntField()
    number = fields.BigIntField()
    sent_at: datetime = fields.DatetimeField()
    updated_at: datetime = fields.DatetimeField()

    # No event of this version adds to them; on the wire they are there all the same.
    reactions: Sequence[Any] = ()
    attachments: Sequence[Any] = ()

    class Meta:
        table = "messages"
        unique_together = (("channel_id", "number"),)
        indexes = (("author_id", "id"),)


class ChannelEvent(Model):
    """One event of a channel, as it was said to its members: what `channel:sync` replays."""

    id = fields.BigIntField(primary_key=True, generated=True)
    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name="events", on_delete=fields.CASCADE
    )
    channel_id: UUID
    seq = fields.BigIntField()
    event = fields.CharField(max_length=64)
    message_id: UUID = fields.UUIDField(db_index=True)
    data: Any = fields.JSONField()

    class Meta:
        table = "channel_events"
        unique_together = (("channel_id", "seq"),)


class ReadMark(Row):
    """How far a user has read a channel."""

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name=False, on_delete=fields.CASCADE
    )
    user_id: UUID
    channel: fields.ForeignKeyRelation[Channel] = fields.ForeignKeyField(
        "models.Channel", related_name=False, on_delete=fields.CASCADE
    )
    channel_id: UUID
    number = fields.BigIntField()

    class Meta:
        table = "read_marks"
        unique_together = (("user_id", "channel_id"),)


async def last_messages(channel_id: UUID, limit: int) -> list[Message]:
    """The newest messages of a channel, oldest first, with their authors."""
    newest = Message.filter(channel_id=channel_id).order_by("-number").limit(limit)
    return list(reversed(await newest.select_related("author")))
