"""Asking to be friends: a request is answered once, whoever answers it how, and where."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise.expressions import Q

from models.block import Block
from models.errors import Conflict, NotFound, ValidationFailed
from models.friend import FriendRequest, Friendship, befriend, changing_pair, pair_of
from models.friend_list import Friend, seen
from models.presence import Presence
from models.user import ABSENT, User

MAX_OPEN = 500
MAX_SHOWN = 100
NO_REQUEST = "There is no such request."


@dataclass(frozen=True, slots=True)
class Accepted:
    """A request that made friends of two: each as the other sees them."""

    request: FriendRequest
    requester: Friend
    receiver: Friend


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: a request that waits, or the other's own request, which is accepted."""

    waiting: FriendRequest | None = None
    is_new: bool = False
    accepted: Accepted | None = None


@dataclass(frozen=True, slots=True)
class OpenRequests:
    """Who asks a user, and whom they ask; the newest first."""

    incoming: list[FriendRequest]
    outgoing: list[FriendRequest]

    @classmethod
    async def of(cls, user_id: UUID, before: UUID | None = None) -> "OpenRequests":
        """The newest 100 each way, of those that are older than `before`."""
        rows = FriendRequest.filter(id__lt=before) if before else FriendRequest.all()
        rows = rows.order_by("-id").limit(MAX_SHOWN).select_related("requester", "receiver")
        return cls(
            incoming=await rows.filter(receiver_id=user_id, requester__deleted_at=None),
            outgoing=await rows.filter(requester_id=user_id, receiver__deleted_at=None),
        )

    def people(self) -> list[User]:
        """Everyone whose status is shown."""
        requests = [*self.incoming, *self.outgoing]
        return [user for each in requests for user in (each.requester, each.receiver)]


async def ask(user_id: UUID, other_id: UUID, presence: Presence, now: datetime) -> Asked:
    """Ask a user to be friends. Asking again changes nothing.

    What is to be said of it is read before the commit: so it can be said right after it, before
    whoever comes next has changed anything.

    `NotFound` where they block the caller; `Conflict` where the caller blocks them, they are a
    guest or a friend already, or where there are too many requests or friends.
    """
    if user_id == other_id:
        raise ValidationFailed.of("userId", "invalid", "You cannot befriend yourself.")
    async with changing_pair(user_id, other_id) as (user, other):
        await _check_approach(user, other)
        await presence.mark([user, other])
        request = await FriendRequest.get_or_none(pair=pair_of(user.id, other.id))
        if request is None:
            return Asked(await _open(user, other), is_new=True)
        if request.requester_id == user.id:
            request.requester, request.receiver = user, other
            return Asked(request)
        request.requester, request.receiver = other, user
        await request.delete()
        return Asked(accepted=await _accept(request, presence, now))


async def _check_approach(user: User, other: User) -> None:
    if await Block.exists(blocker_id=other.id, blocked_id=user.id):
        raise NotFound(ABSENT)
    if await Block.exists(blocker_id=user.id, blocked_id=other.id):
        raise Conflict("You have blocked them. Please unblock them first.")
    if other.is_guest:
        raise Conflict("Guests cannot be befriended.")
    if await Friendship.exists(user_id=user.id, friend_id=other.id):
        raise Conflict("You are friends already.")


async def _open(user: User, other: User) -> FriendRequest:
    if await FriendRequest.filter(requester_id=user.id).count() >= MAX_OPEN:
        raise Conflict(f"{MAX_OPEN} of your requests are not answered yet.")
    if await FriendRequest.filter(receiver_id=other.id).count() >= MAX_OPEN:
        raise Conflict("They have too many requests to answer.")
    pair = pair_of(user.id, other.id)
    return await FriendRequest.create(requester=user, receiver=other, pair=pair)


async def _accept(request: FriendRequest, presence: Presence, now: datetime) -> Accepted:
    sides = await befriend(request.requester, request.receiver, now)
    receiver, requester = await seen(sides, presence)
    return Accepted(request, requester, receiver)


async def accept(user_id: UUID, request_id: UUID, presence: Presence, now: datetime) -> Accepted:
    """Become friends with who asks; requests to others are `NotFound`, as are answered ones."""
    async with _settling(request_id, Q(receiver_id=user_id)) as request:
        return await _accept(request, presence, now)


async def decline(user_id: UUID, request_id: UUID) -> FriendRequest:
    """Refuse a request; gives it, as it was."""
    async with _settling(request_id, Q(receiver_id=user_id)) as request:
        return request


async def cancel(user_id: UUID, request_id: UUID) -> FriendRequest:
    """Take one's own request back; gives it, as it was."""
    async with _settling(request_id, Q(requester_id=user_id)) as request:
        return request


@asynccontextmanager
async def _settling(request_id: UUID, by: Q) -> AsyncIterator[FriendRequest]:
    """Take out a request, if it is `by` (or to) whom it must be, with both users locked."""
    request = await FriendRequest.get_or_none(by, id=request_id)
    if request is None:
        raise NotFound(NO_REQUEST)
    users = changing_pair(request.requester_id, request.receiver_id, NO_REQUEST)
    async with users as (request.requester, request.receiver):
        if not await FriendRequest.filter(id=request_id).delete():  # answered in the meantime
            raise NotFound(NO_REQUEST)
        yield request
