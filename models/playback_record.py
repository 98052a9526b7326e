"""A room's playback as it is kept: the truth that survives every process."""

from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.playback import Playback, Reason, Status
from models.room import Room


class PlaybackRecord(Model):
    """One row a room. `due_at` says when the server must act, and is what it looks for."""

    room: fields.OneToOneRelation[Room] = fields.OneToOneField(
        "models.Room", primary_key=True, related_name="playback", on_delete=fields.CASCADE
    )
    room_id: UUID
    version = fields.BigIntField(default=0)
    status = fields.CharEnumField(Status, default=Status.STOPPED)
    track_id: UUID | None = fields.UUIDField(null=True)
    duration_s = fields.FloatField(default=0.0)
    queue_item_id: UUID | None = fields.UUIDField(null=True)
    position = fields.FloatField(default=0.0)
    anchor_at: float | None = fields.FloatField(null=True)
    rate = fields.FloatField(default=1.0)
    waiting_for: Any = fields.JSONField(default=list)
    gate_version = fields.BigIntField(default=0)
    due_at: float | None = fields.FloatField(null=True, db_index=True)
    reason = fields.CharEnumField(Reason, default=Reason.STOPPED)
    changed_by: UUID | None = fields.UUIDField(null=True)

    class Meta:
        table = "playbacks"

    @classmethod
    async def of(cls, room_id: UUID) -> Playback:
        """The room's playback as it is now."""
        return (await cls.get(room_id=room_id)).state()

    def state(self) -> Playback:
        """This row as the pure state."""
        waiting_for = tuple(UUID(user_id) for user_id in self.waiting_for)
        names = [name for name in Playback.__dataclass_fields__ if name != "waiting_for"]
        return Playback(waiting_for=waiting_for, **{name: getattr(self, name) for name in names})

    @classmethod
    async def keep(cls, state: Playback) -> None:
        """Store `state`; within the transaction that holds the room's lock."""
        values = {name: getattr(state, name) for name in Playback.__dataclass_fields__}
        del values["room_id"]
        values["waiting_for"] = [str(user_id) for user_id in state.waiting_for]
        await cls.filter(room_id=state.room_id).update(**values)
