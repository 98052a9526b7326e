"""What friends see of a user."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from models.friend import Friendship
from models.listening import Listening, listening_of
from models.member import Member
from models.presence import Presence
from models.row import ids_of
from models.user import User, UserStatus


@dataclass(frozen=True, slots=True)
class View:
    """A user as their friends see them now. Who is offline, or invisible, listens to nothing.

    `lingers`: they lost a socket a moment ago, which may come back.
    """

    user_id: UUID
    status: UserStatus
    listening: Listening | None
    lingers: bool


async def views_of(presence: Presence, user_ids: Collection[UUID]) -> dict[UUID, View]:
    """What friends see of each of the users who exist, in a fixed number of queries."""
    if not user_ids:
        return {}
    found = User.filter(id__in=list(user_ids), deleted_at=None).only("id", "chosen_status")
    users = {user.id: user for user in await found}
    standing = await presence.standing(users)
    statuses = {user_id: standing[user_id].status_of(user) for user_id, user in users.items()}
    seen = [user_id for user_id, status in statuses.items() if status is not UserStatus.OFFLINE]
    listening = await listening_of(seen) if seen else {}
    return {
        user_id: View(user_id, status, listening.get(user_id), standing[user_id].lingers)
        for user_id, status in statuses.items()
    }


async def connected_in(room_ids: Collection[UUID]) -> set[UUID]:
    """All who are connected in any of the rooms, in one query."""
    if not room_ids:
        return set()
    there = Member.filter(room_id__in=list(room_ids), disconnected_at=None)
    return set(await ids_of(there, "user_id"))


async def having_friends(user_ids: Collection[UUID]) -> set[UUID]:
    """Those of the users who have a friend, in one query."""
    if not user_ids:
        return set()
    sides = Friendship.filter(user_id__in=list(user_ids)).distinct()
    return set(await ids_of(sides, "user_id"))
