"""A room's queue: what comes next, who asked for it, and what the others think of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.functions import Sum
from tortoise.queryset import QuerySet

from models.queue_order import Queued, ordered
from models.room import QueueOrder, Room
from models.row import Row
from models.track import Track
from models.user import User


class QueueItem(Row):
    """A track that somebody added, or that was put on directly.

    `playing` is true for the item that is on, which is no longer in the queue, else null: so the
    database holds at most one of a room. `from_queue` says whether it ever was in the queue, and
    may return there; `rank` is its place in it.
    """

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
    playing = fields.BooleanField(null=True)
    from_queue = fields.BooleanField(default=True)

    class Meta:
        table = "queue_items"
        unique_together = (("room_id", "playing"),)
        indexes = (("room_id", "rank"), ("track_id",))

    @classmethod
    def waiting_in(cls, room_id: UUID) -> QuerySet[Self]:
        """The items of a room's queue, but for those of tracks that are being deleted."""
        return cls.filter(room_id=room_id, playing=None, track__deleted_at=None)

    def queued(self, votes: int = 0) -> Queued:
        """This row as the pure value that is put in order."""
        added_at_ms = self.added_at.timestamp() * 1000
        return Queued(self.id, self.track_id, self.added_by_id, added_at_ms, self.rank, votes)


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


class QueueTurn(Row):
    """When an item of a user's last came on in a room, for taking turns."""

    room: fields.ForeignKeyRelation[Room] = fields.ForeignKeyField(
        "models.Room", related_name=False, on_delete=fields.CASCADE
    )
    room_id: UUID
    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name=False, on_delete=fields.CASCADE
    )
    user_id: UUID
    at_ms = fields.FloatField()

    class Meta:
        table = "queue_turns"
        unique_together = (("room_id", "user_id"),)

    @classmethod
    async def note(cls, room_id: UUID, user_id: UUID, at_ms: float) -> None:
        """It is this user's turn now; within `changing`."""
        if not await cls.filter(room_id=room_id, user_id=user_id).update(at_ms=at_ms):
            await cls.create(room_id=room_id, user_id=user_id, at_ms=at_ms)


@dataclass(frozen=True, slots=True)
class QueueEntry:
    """A queue item as members see it; its track's waveform is left out (an empty list)."""

    id: UUID
    track: Track
    added_by: UUID | None
    votes: int
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Queue:
    """A room's queue as it was read: `items` in the order in which they will be heard."""

    order: QueueOrder
    items: list[Queued]
    rows: dict[UUID, QueueItem]
    last_turns: dict[UUID, float]

    @classmethod
    async def of(cls, room: Room) -> Self:
        """Read it, in three queries."""
        rows = await QueueItem.waiting_in(room.id)
        votes = await _votes_in(room.id)
        turns = await QueueTurn.filter(room_id=room.id).values_list("user_id", "at_ms")
        last_turns: dict[UUID, float] = {_uuid(user_id): at_ms for user_id, at_ms in turns}
        items = [row.queued(votes.get(row.id, 0)) for row in rows]
        in_order = ordered(items, room.queue_order, last_turns)
        return cls(room.queue_order, in_order, {row.id: row for row in rows}, last_turns)

    async def entries(self) -> list[QueueEntry]:
        """What members see of it."""
        tracks = await Track.without_waveform({item.track_id for item in self.items})
        return [
            QueueEntry(
                id=item.id,
                track=tracks[item.track_id],
                added_by=item.added_by,
                votes=item.votes,
                added_at=self.rows[item.id].added_at,
            )
            for item in self.items
            if item.track_id in tracks  # one that is deleted meanwhile is out of the queue too
        ]


async def queue_of(room: Room) -> list[QueueEntry]:
    """The room's queue in its order, in five queries."""
    return await (await Queue.of(room)).entries()


async def _votes_in(room_id: UUID) -> dict[UUID, int]:
    votes = QueueVote.filter(item__room_id=room_id).annotate(total=Sum("value"))
    sums = await votes.group_by("item_id").values_list("item_id", "total")
    return {_uuid(item_id): int(total) for item_id, total in sums}


def _uuid(value: Any) -> UUID:
    """SQLite gives the ids of a grouped query as text."""
    return value if isinstance(value, UUID) else UUID(str(value))
