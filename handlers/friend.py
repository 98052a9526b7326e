"""`friend:…`: asking to be friends, answering, and who they are."""

from collections.abc import Mapping
from uuid import UUID

from handlers.caller import Caller
from handlers.registry import Who, event
from handlers.services import Services, user_channel
from models.cursor import Page
from models.friend import FriendRequest, unfriend
from models.friend_list import Friend, friends_of
from models.friend_request import Accepted, OpenRequests, accept, ask, cancel, decline
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
    asked = await ask(caller.user.id, other.id, caller.services.presence, caller.now)
    if asked.accepted:
        return {"request": None, "friend": tell_accepted(caller, asked.accepted)}
    if asked.waiting and asked.is_new:
        channel = user_channel(other.id)
        caller.tell(channel, FriendRequestReceived, {"request": asked.waiting})
    return {"request": asked.waiting, "friend": None}


@event("friend:accept", FriendAnswer, reply=FriendReply, who=Who.ACCOUNT, limit="60/m")
async def accept_request(caller: Caller, request_id: UUID) -> Friend:
    """Become friends with who asks the caller."""
    presence = caller.services.presence
    return tell_accepted(caller, await accept(caller.user.id, request_id, presence, caller.now))


def tell_accepted(caller: Caller, accepted: Accepted) -> Friend:
    """Tell both, but not this socket; gives the caller's new friend, who had asked."""
    both = (accepted.requester, accepted.receiver)
    for one, other in (both, both[::-1]):
        news = {"request_id": accepted.request.id, "friend": other}
        tell_others(caller, one.user.id, FriendRequestAccepted, news)
    caller.services.presence.befriended(*(each.user.id for each in both))
    return accepted.requester


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
    """Tell a user's sockets, but not the caller's own, which is answered.

    Here, too, nothing is awaited between the commit and this: see `models.friend_request.ask`.
    """
    channel = user_channel(user_id)
    caller.services.tell(channel, broadcast, value, spared=[caller.sid])
