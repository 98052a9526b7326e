"""Friends as they are shown: how they are, and what they listen to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q, Subquery

from models.block import Block
from models.cursor import Page, decode_cursor, read_page
from models.friend import Friendship
from models.listening import Listening, listening_of
from models.presence import Presence
from models.search import matching
from models.user import User, UserStatus


@dataclass(frozen=True, slots=True)
class Friend:
    """A friend, since when they are one, and what they listen to."""

    user: User
    since: datetime
    listening: Listening | None


async def friends_of(
    user_id: UUID,
    presence: Presence,
    limit: int,
    *,
    query: str | None = None,
    cursor: str | None = None,
) -> Page[Friend]:
    """A user's friends by the names that they show; `query` has beginnings of their words."""
    rows = Friendship.filter(user_id=user_id, friend__deleted_at=None).select_related("friend")
    if query:
        rows = rows.filter(friend_id__in=Subquery(matching(User.all(), query).values("id")))
    if cursor:
        rows = rows.filter(_after(cursor))
    in_order = rows.order_by("friend__display_key", "friend_id")
    page = await read_page(in_order, limit, lambda row: (row.friend.display_key, row.friend_id))
    return Page(await seen(page.items, presence), page.next_cursor)


def _after(cursor: str) -> Q:
    key, after = decode_cursor(cursor, str, UUID)
    return Q(friend__display_key__gt=key) | Q(friend__display_key=key, friend_id__gt=after)


async def seen(sides: Sequence[Friendship], presence: Presence) -> list[Friend]:
    """The friends on these sides (with `friend` fetched), each as the side's user sees them.

    Who is invisible listens to nothing. It takes as many queries for a thousand as for one.
    """
    await presence.mark(side.friend for side in sides)
    here = [side.friend_id for side in sides if side.friend.status is not UserStatus.OFFLINE]
    heard = await listening_of(here) if here else {}
    hosts = {listening.host_id for listening in heard.values() if listening.host_id}
    blocks = await Block.between(hosts, {side.user_id for side in sides})
    return [Friend(side.friend, side.created_at, _told(side, heard, blocks)) for side in sides]


def _told(
    side: Friendship, heard: dict[UUID, Listening], blocks: set[tuple[UUID, UUID]]
) -> Listening | None:
    """A room is hidden from whom its host blocks."""
    listening = heard.get(side.friend_id)
    if listening is None or (listening.host_id, side.user_id) in blocks:
        return None
    return listening
