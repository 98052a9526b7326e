"""What a fresh client draws, on the wire."""

from marshmallow import fields

from schemas.base import Reply
from schemas.channel import ChannelState
from schemas.friend import FriendReply
from schemas.room import RoomReply
from schemas.server import ServerReply
from schemas.user import OwnUserReply


class RoomState(RoomReply):
    """A listening room that the caller is a member of, with its channel."""

    channel = fields.Nested(ChannelState, required=True)


class ServerState(ServerReply):
    """A server with its channels, in their order."""

    channels = fields.List(fields.Nested(ChannelState), required=True)


class SnapshotReply(Reply):
    """The caller, their first 200 friends, servers, direct channels and rooms."""

    user = fields.Nested(OwnUserReply, required=True)
    friends = fields.List(fields.Nested(FriendReply), required=True)
    servers = fields.List(fields.Nested(ServerState), required=True)
    direct_channels = fields.List(fields.Nested(ChannelState), required=True)
    rooms = fields.List(fields.Nested(RoomState), required=True)
