"""What a fresh client draws, in a number of queries that does not grow with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from tortoise.query_utils import Prefetch

from models.channel import Channel
from models.friend_list import Friend, friends_of
from models.member import Member
from models.message_read import unread_of
from models.presence import Presence
from models.room import Room
from models.server import Server
from models.user import User

MAX_ROOMS = 100
MAX_FRIENDS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A user's world: each server and room with its channels, each channel with `unread`.

    Of the friends they are the first 200. Nobody can open a direct channel yet: there are none.
    """

    user: User
    servers: Sequence[Server]
    rooms: Sequence[Room]
    friends: Sequence[Friend]
    direct_channels: Sequence[Any] = ()

    @classmethod
    async def of(cls, user: User, presence: Presence) -> Self:
        """All that `user` may see from the start."""
        in_order = Prefetch("channels", queryset=Channel.all().order_by("position", "id"))
        servers = await Server.filter(is_default=True).prefetch_related(in_order)
        await Server.take_count(servers)
        rooms = await rooms_of(user)
        channels = [channel for server in servers for channel in server.channels]
        channels += [room.channel for room in rooms]  # type: ignore[attr-defined]
        unread = await unread_of(user.id, [channel.id for channel in channels])
        for channel in channels:
            channel.unread = unread.get(channel.id, 0)
        friends = await friends_of(user.id, presence, MAX_FRIENDS_SHOWN)
        return cls(user, servers, rooms, friends.items)


async def rooms_of(user: User) -> list[Room]:
    """The open rooms that `user` is a member of with their channels, the last joined first."""
    members = Member.filter(user_id=user.id, room__closed_at=None).order_by("-id")
    with_rooms = members.limit(MAX_ROOMS).select_related("room", "room__channel")
    return [member.room for member in await with_rooms]
