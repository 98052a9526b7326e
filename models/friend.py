"""Friends, those who ask to be, and the one lock that all changes between two users go through."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.functions import Count
from tortoise.transactions import in_transaction

from models.errors import Conflict, NotFound
from models.local_lock import local_lock
from models.row import Row
from models.user import ABSENT, User

MAX_FRIENDS = 1000


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
        indexes = (("requester_id", "id"), ("receiver_id", "id"))


def pair_of(one: UUID, other: UUID) -> str:
    """Both ids as one text, the same whoever of the two comes first."""
    return ":".join(sorted((str(one), str(other))))


@asynccontextmanager
async def changing_pair(
    user_id: UUID, other_id: UUID, absent: str = ABSENT
) -> AsyncIterator[tuple[User, User]]:
    """The two users, alone: a transaction that holds the locks of both their rows.

    Whatever is between two users changes in here only, and so does what one of them has with
    others: what was counted stays true until the end. Where one of the two is no more, or both are
    one, that is `NotFound`, with `absent` as its sentence.
    """
    if user_id == other_id:
        raise NotFound(absent)
    low, high = sorted((user_id, other_id), key=lambda each: each.int)
    try:
        # In the order of their ids, so that no two wait for each other. The locks within this
        # process come first, for the reason that `models.room.changing` has.
        async with local_lock(f"ties:{low}"), local_lock(f"ties:{high}"), in_transaction():
            both = User.filter(id__in=[low, high], deleted_at=None).order_by("id")
            users = {user.id: user for user in await both.select_for_update(no_key=True)}
            if len(users) < 2:
                raise NotFound(absent)
            yield users[user_id], users[other_id]
    except IntegrityError:  # the locks leave nothing to be violated: this is the last line
        raise Conflict("Something came in between. Please try again.") from None


async def befriend(one: User, other: User, now: datetime) -> tuple[Friendship, Friendship]:
    """Make both friends, within `changing_pair`; gives the side of each.

    `Conflict` where one of them has 1,000 friends already.
    """
    theirs = Friendship.filter(user_id__in=[one.id, other.id]).group_by("user_id")
    counted = await theirs.annotate(count=Count("id")).values("count")
    if any(each["count"] >= MAX_FRIENDS for each in counted):
        raise Conflict(f"One of you has {MAX_FRIENDS} friends already.")
    sides = (
        Friendship(user=one, friend=other, created_at=now),
        Friendship(user=other, friend=one, created_at=now),
    )
    await Friendship.bulk_create(sides)
    return sides


async def part(user_id: UUID, other_id: UUID) -> bool:
    """End the friendship of two, within `changing_pair`; says whether there was one."""
    sides = Q(user_id=user_id, friend_id=other_id) | Q(user_id=other_id, friend_id=user_id)
    return await Friendship.filter(sides).delete() > 0


async def unfriend(user_id: UUID, friend_id: UUID) -> None:
    """End a friendship; who is no friend is `NotFound`, whether they exist or not."""
    absent = "There is no such friend."
    async with changing_pair(user_id, friend_id, absent):
        if not await part(user_id, friend_id):
            raise NotFound(absent)
