"""`friend:…`: asking to be friends, answering, and who they are."""

from collections.abc import Mapping
from uuid import UUID

from handlers.caller import Caller
from handlers.registry import Who, event
from handlers.services import Services, user_channel
from models.cursor import Page
from models.friend import FriendRequest, unfriend
from models.friend_list import Friend, friends_of, seen
from models.friend_request import Accepted, Asked, OpenRequests, accept, ask, cancel, decline
from models.user import User
from schemas.base import Broadcast
from schemas.friend import (
    FriendAnswer,
    FriendAsk,
    FriendAsked,
    FriendList,
    FriendRemoved,
    FriendReply,
    FriendRequestAccepted,
    FriendRequestCancelled,
    FriendRequestDeclined,
    FriendRequestReceived,
    FriendRequestsGet,
    FriendRequestsReply,
)
from schemas.user import UserNamed


@event("friend:request", FriendAsk, reply=FriendAsked, who=Who.ACCOUNT, limit="30/m")
async def request(
    caller: Caller, user_id: UUID | None = None, tag: str | None = None
) -> dict[str, FriendRequest | Friend | None]:
    """Ask a user to be friends, by id or by tag; asking again gives the same request.

    Whoever has asked the caller is befriended at once. `conflict`: friends already, a guest,
    somebody whom the caller blocks, 1,000 friends, or 500 requests that wait.
    """
    other = await User.visible_to(caller.user.id, user_id=user_id, tag=tag)
    asked = await ask(caller.user.id, other.id, caller.now)
    if asked.accepted:
        return {"request": None, "friend": await tell_accepted(caller, asked.accepted)}
    return {"request": await tell_waiting(caller, asked), "friend": None}


async def tell_waiting(caller: Caller, asked: Asked) -> FriendRequest | None:
    """Tell who is asked, unless they know; gives the request."""
    waiting = asked.waiting
    if waiting:
        await caller.services.presence.mark([waiting.requester, waiting.receiver])
    if waiting and asked.is_new:
        channel = user_channel(waiting.receiver_id)
        caller.tell(channel, FriendRequestReceived, {"request": waiting})
    return waiting


@event("friend:accept", FriendAnswer, reply=FriendReply, who=Who.ACCOUNT, limit="60/m")
async def accept_request(caller: Caller, request_id: UUID) -> Friend:
    """Become friends with who asks the caller."""
    return await tell_accepted(caller, await accept(caller.user.id, request_id, caller.now))


async def tell_accepted(caller: Caller, accepted: Accepted) -> Friend:
    """Tell both, but not this socket; gives the caller's new friend."""
    sides = [accepted.of_requester, accepted.of_receiver]
    friends = await seen(sides, caller.services.presence)
    for side, friend in zip(sides, friends, strict=True):
        news = {"request_id": accepted.request.id, "friend": friend}
        tell_others(caller, side.user_id, FriendRequestAccepted, news)
    caller.services.presence.befriended(*(side.user_id for side in sides))
    return friends[1]


@event("friend:decline", FriendAnswer, limit="60/m")
async def decline_request(caller: Caller, request_id: UUID) -> None:
    """Refuse a request to the caller, who can be asked again."""
    tell_settled(caller, await decline(caller.user.id, request_id), FriendRequestDeclined)


@event("friend:cancel", FriendAnswer, limit="60/m")
async def cancel_request(caller: Caller, request_id: UUID) -> None:
    """Take the caller's own request back."""
    tell_settled(caller, await cancel(caller.user.id, request_id), FriendRequestCancelled)


def tell_settled(caller: Caller, settled: FriendRequest, broadcast: type[Broadcast]) -> None:
    """Tell both that a request is no more by the caller's doing, but not this socket."""
    for user_id in (settled.requester_id, settled.receiver_id):
        news = {"request_id": settled.id, "user_id": caller.user.id}
        tell_others(caller, user_id, broadcast, news)


@event("friend:list", FriendList, reply=FriendReply, many=True)
async def list_friends(
    caller: Caller, limit: int, query: str | None = None, cursor: str | None = None
) -> Page[Friend]:
    """The caller's friends by display name, with their status and what they listen to.

    `query` has beginnings of the words in their username and display name. `listening` is null
    for a room that not all their friends may enter, and while they are offline.
    """
    presence = caller.services.presence
    return await friends_of(caller.user.id, presence, limit, query=query, cursor=cursor)


@event("friend:requests", FriendRequestsGet, reply=FriendRequestsReply)
async def list_requests(caller: Caller, before: UUID | None = None) -> OpenRequests:
    """Who asks the caller, and whom the caller asks: the newest 100 each way."""
    requests = await OpenRequests.of(caller.user.id, before)
    await caller.services.presence.mark(requests.people())
    return requests


@event("friend:remove", UserNamed, limit="60/m")
async def remove(caller: Caller, user_id: UUID) -> None:
    """End a friendship. Who is in a room of the other stays in it."""
    await unfriend(caller.user.id, user_id)
    tell_parted(caller.services, caller.user.id, user_id)


def tell_parted(services: Services, one: UUID, other: UUID) -> None:
    """Tell both that they are friends no longer, each with the other's id."""
    services.tell(user_channel(one), FriendRemoved, {"user_id": other})
    services.tell(user_channel(other), FriendRemoved, {"user_id": one})


def tell_others(
    caller: Caller, user_id: UUID, broadcast: type[Broadcast], value: Mapping[str, object]
) -> None:
    """Tell a user's sockets, but not the caller's own, which is answered."""
    channel = user_channel(user_id)
    caller.services.tell(channel, broadcast, value, spared=[caller.sid])
