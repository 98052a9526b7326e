"""A room's playback as it is kept: the truth that survives every process."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from models.playback import Playback
from models.playback_status import Reason, Status
from models.playlist import PlaylistTrack
from models.queue import QueueItem
from models.room import Room
from models.track import Track

MAX_DUE = 1000


class PlaybackRecord(Model):
    """One row a room. `due_at` says when the server must act, and is what it looks for."""

    room: fields.OneToOneRelation[Room] = fields.OneToOneField(
        "models.Room", primary_key=True, related_name="playback", on_delete=fields.CASCADE
    )
    room_id: UUID
    version = fields.BigIntField(default=0)
    status = fields.CharEnumField(Status, default=Status.STOPPED)
    track: fields.ForeignKeyNullableRelation[Track] = fields.ForeignKeyField(
        "models.Track", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    track_id: UUID | None
    duration_s = fields.FloatField(default=0.0)
    queue_item: fields.ForeignKeyNullableRelation[QueueItem] = fields.ForeignKeyField(
        "models.QueueItem", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    queue_item_id: UUID | None
    position = fields.FloatField(default=0.0)
    anchor_at: float | None = fields.FloatField(null=True)
    rate = fields.FloatField(default=1.0)
    waiting_for: Any = fields.JSONField(default=list)
    gate_version = fields.BigIntField(default=0)
    due_at: float | None = fields.FloatField(null=True, db_index=True)
    reason = fields.CharEnumField(Reason, default=Reason.STOPPED)
    changed_by: UUID | None = fields.UUIDField(null=True)
    # The entry of the room's playlist that last came on by itself; not a part of the state.
    autoplayed: fields.ForeignKeyNullableRelation[PlaylistTrack] = fields.ForeignKeyField(
        "models.PlaylistTrack", null=True, related_name=False, on_delete=fields.SET_NULL
    )
    autoplayed_id: UUID | None

    class Meta:
        table = "playbacks"
        indexes = (("track_id",), ("autoplayed_id",), ("queue_item_id",))

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
    async def due_before(cls, horizon_ms: float) -> list[tuple[UUID, float]]:
        """The rooms in which the server must act before `horizon_ms`, and when."""
        rows = cls.filter(due_at__lte=horizon_ms, room__closed_at=None).order_by("due_at")
        due = await rows.limit(MAX_DUE).values_list("room_id", "due_at")
        return [(UUID(str(room_id)), float(due_at)) for room_id, due_at in due]

    @classmethod
    async def keep(cls, state: Playback) -> None:
        """Store `state`; within the transaction that holds the room's lock."""
        values = {name: getattr(state, name) for name in Playback.__dataclass_fields__}
        del values["room_id"]
        values["waiting_for"] = [str(user_id) for user_id in state.waiting_for]
        await cls.filter(room_id=state.room_id).update(**values)
