"""Blocks: for whom a user does not exist."""

from collections.abc import Collection
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Subquery

from models.cursor import Page, decode_cursor, read_page
from models.errors import Conflict, NotFound, ValidationFailed
from models.friend import FriendRequest, changing_pair, pair_of, part
from models.row import Row
from models.user import ABSENT, User

MAX_BLOCKS = 10_000


class Block(Row):
    """A user wants to have nothing to do with another."""

    blocker: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="blocks", on_delete=fields.CASCADE
    )
    blocker_id: UUID
    blocked: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="blocked_by", on_delete=fields.CASCADE
    )
    blocked_id: UUID

    class Meta:
        table = "blocks"
        unique_together = (("blocker_id", "blocked_id"),)
        indexes = (("blocked_id", "blocker_id"),)

    @classmethod
    def blockers_of(cls, user_id: UUID) -> Subquery:
        """The ids of those who block a user, as a part of another query."""
        return Subquery(cls.filter(blocked_id=user_id).values("blocker_id"))

    @classmethod
    async def blocked_by(cls, user_id: UUID) -> list[UUID]:
        """The ids of all whom a user blocks."""
        return [row.blocked_id for row in await cls.filter(blocker_id=user_id).only("blocked_id")]

    @classmethod
    async def between(
        cls, blocker_ids: Collection[UUID], blocked_ids: Collection[UUID]
    ) -> set[tuple[UUID, UUID]]:
        """Who of the first blocks whom of the second, in one query at most."""
        if not blocker_ids or not blocked_ids:
            return set()
        blocks = cls.filter(blocker_id__in=list(blocker_ids), blocked_id__in=list(blocked_ids))
        return set(await blocks.values_list("blocker_id", "blocked_id"))

    @classmethod
    async def listed(cls, user_id: UUID, cursor: str | None, limit: int) -> Page[User]:
        """Whom a user blocks, the last blocked first."""
        rows = cls.filter(blocker_id=user_id, blocked__deleted_at=None)
        if cursor:
            (before,) = decode_cursor(cursor, UUID)
            rows = rows.filter(id__lt=before)
        in_order = rows.order_by("-id").select_related("blocked")
        page = await read_page(in_order, limit, lambda row: (row.id,))
        return Page([row.blocked for row in page.items], page.next_cursor)


async def block(user_id: UUID, other_id: UUID) -> bool:
    """Block a user: their friendship and their requests end. Says whether they were friends.

    Whoever blocks the caller does not exist for them, and cannot be blocked.
    """
    if user_id == other_id:
        raise ValidationFailed.of("userId", "invalid", "You cannot block yourself.")
    async with changing_pair(user_id, other_id):
        if await Block.exists(blocker_id=other_id, blocked_id=user_id):
            raise NotFound(ABSENT)
        if not await Block.exists(blocker_id=user_id, blocked_id=other_id):
            if await Block.filter(blocker_id=user_id).count() >= MAX_BLOCKS:
                raise Conflict(f"You block {MAX_BLOCKS} users already.")
            await Block.create(blocker_id=user_id, blocked_id=other_id)
        await FriendRequest.filter(pair=pair_of(user_id, other_id)).delete()
        return await part(user_id, other_id)


async def unblock(user_id: UUID, other_id: UUID) -> None:
    """Block a user no longer; whom the caller did not block stays as they are."""
    await Block.filter(blocker_id=user_id, blocked_id=other_id).delete()
