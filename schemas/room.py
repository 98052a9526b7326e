"""Listening rooms on the wire."""

from marshmallow import fields

from schemas.base import Broadcast, Paging, Reply, Request
from schemas.fields import Choice, Flag, Id, Integer, Text, Time
from schemas.message import MessageReply
from schemas.playback import PlaybackReply
from schemas.queue import QueueItemReply
from schemas.user import UserReply

VISIBILITIES = ("public", "friends", "private")
CONTROL_MODES = ("host", "djs", "everyone")
QUEUE_ORDERS = ("fifo", "fair", "votes")
REPEATS = ("off", "track", "queue")
ROLES = ("host", "dj", "listener")
MAX_CAPACITY = 1000


def room_name(*, required: bool = False) -> Text:
    """1 to 80 characters that are not all white space."""
    return Text(1, 80, blank=False, required=required)


class RoomReply(Reply):
    """A listening room; `memberCount` counts those who are away for the moment too."""

    id = Id(required=True)
    name = Text(required=True)
    visibility = Choice(*VISIBILITIES, required=True)
    host_id = Id(required=True, allow_none=True)
    control_mode = Choice(*CONTROL_MODES, required=True)
    queue_order = Choice(*QUEUE_ORDERS, required=True)
    repeat = Choice(*REPEATS, required=True)
    autoplay_playlist_id = Id(required=True, allow_none=True)
    channel_id = Id(required=True)
    member_count = Integer(0, MAX_CAPACITY, required=True)
    capacity = Integer(1, MAX_CAPACITY, required=True)
    created_at = Time(required=True)


class RoomDetails(RoomReply):
    """A room; its host is also told the `inviteCode`, which a kick renews."""

    invite_code = Text(attribute="shown_code")


class MemberReply(Reply):
    """A user in a room; `connected` says whether one of their sockets hears it now."""

    user = fields.Nested(UserReply, required=True)
    role = Choice(*ROLES, required=True)
    joined_at = Time(required=True)
    connected = Flag(required=True)


class RoomSettings(Request):
    """What a room is made with, and can be changed to."""

    visibility = Choice(*VISIBILITIES)
    control_mode = Choice(*CONTROL_MODES)
    queue_order = Choice(*QUEUE_ORDERS)
    capacity = Integer(1, MAX_CAPACITY)


class RoomCreate(RoomSettings):
    name = room_name(required=True)
    nonce = Text(1, 64)


class RoomCreated(Reply):
    """The new room, and the code with which others may enter it while it is not public."""

    room = fields.Nested(RoomReply, required=True)
    invite_code = Text(required=True)


class RoomGet(Request):
    room_id = Id(required=True)


class RoomList(Paging):
    query = Text(1, 80)


class RoomMembers(Paging):
    room_id = Id(required=True)


class RoomJoin(Request):
    room_id = Id(required=True)
    invite_code = Text(1, 32)


class RoomJoined(Reply):
    """All that a client draws of a room; of a great room the first 200 members (`room:members`)."""

    room = fields.Nested(RoomReply, required=True)
    members = fields.List(fields.Nested(MemberReply), required=True)
    playback = fields.Nested(PlaybackReply, required=True)
    queue = fields.List(fields.Nested(QueueItemReply), required=True)
    messages = fields.List(fields.Nested(MessageReply), required=True)
    you = fields.Nested(MemberReply, required=True)


class RoomUpdate(RoomSettings):
    room_id = Id(required=True)
    name = room_name()
    repeat = Choice(*REPEATS)
    autoplay_playlist_id = Id(allow_none=True)


class RoomSetRole(Request):
    room_id = Id(required=True)
    user_id = Id(required=True)
    role = Choice("dj", "listener", required=True)


class RoomMember(Request):
    room_id = Id(required=True)
    user_id = Id(required=True)


class UserJoined(Broadcast):
    """Somebody became a member of the room."""

    event = "room:user_joined"

    room_id = Id(required=True)
    member = fields.Nested(MemberReply, required=True)


class UserLeft(Broadcast):
    """Somebody is no longer a member of the room."""

    event = "room:user_left"

    room_id = Id(required=True)
    user_id = Id(required=True)
    reason = Choice("left", "kicked", "timeout", required=True)


class MemberUpdated(Broadcast):
    """A member's role changed, or whether they are connected."""

    event = "room:member_updated"

    room_id = Id(required=True)
    member = fields.Nested(MemberReply, required=True)


class RoomUpdated(RoomReply, Broadcast):
    """The room's settings changed."""

    event = "room:updated"


class RoomClosed(Broadcast):
    """The room is no more, and its sockets are out of it."""

    event = "room:closed"

    room_id = Id(required=True)


class HostChanged(Broadcast):
    """The room has another host."""

    event = "room:host_changed"

    room_id = Id(required=True)
    host_id = Id(required=True)
