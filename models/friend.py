"""Friends, and those who ask to be."""

from collections.abc import Collection
from uuid import UUID

from tortoise import fields

from models.row import Row
from models.user import User


class Friendship(Row):
    """One side of a friendship: there are two rows of each, made and deleted together."""

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="friendships", on_delete=fields.CASCADE
    )
    user_id: UUID
    friend: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name=False, on_delete=fields.CASCADE
    )
    friend_id: UUID

    class Meta:
        table = "friendships"
        unique_together = (("user_id", "friend_id"),)

    @classmethod
    async def of_each(cls, user_ids: Collection[UUID]) -> dict[UUID, set[UUID]]:
        """The friends of each of the users, in one query."""
        friends: dict[UUID, set[UUID]] = {user_id: set() for user_id in user_ids}
        for row in await cls.filter(user_id__in=list(user_ids)).only("user_id", "friend_id"):
            friends[row.user_id].add(row.friend_id)
        return friends


class FriendRequest(Row):
    """A user asks another. `pair` is of both, in the order of their ids: one request at a time."""

    requester: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="sent_requests", on_delete=fields.CASCADE
    )
    requester_id: UUID
    receiver: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="received_requests", on_delete=fields.CASCADE
    )
    receiver_id: UUID
    pair = fields.CharField(max_length=73, unique=True)

    class Meta:
        table = "friend_requests"
