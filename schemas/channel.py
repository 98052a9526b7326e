"""Channels on the wire."""

from marshmallow import fields

from schemas.base import Broadcast, Reply, Request
from schemas.fields import Choice, Flag, Id, Integer, Text
from schemas.message import MAX_SEQ


class ChannelReply(Reply):
    """Where messages go: a channel of a server (`serverId`) or of a room (`roomId`).

    `bitrate` in bits per second, `slowMode` in seconds between two messages of one user.
    """

    id = Id(required=True)
    server_id = Id(required=True, allow_none=True)
    room_id = Id(required=True, allow_none=True)
    type = Choice("text", "voice", "announcement", "direct", required=True)
    name = Text(required=True)
    topic = Text(required=True, allow_none=True)
    position = Integer(0, 10_000, required=True)
    user_limit = Integer(1, 10_000, required=True, allow_none=True)
    bitrate = Integer(1, 10**7, required=True, allow_none=True)
    slow_mode = Integer(0, 86_400, required=True)


class ChannelState(ChannelReply):
    """A channel with the number of its last event and how much the caller has not read of it.

    `unread` counts the messages of others among the channel's last 1,000 events.
    """

    last_seq = Integer(0, MAX_SEQ, required=True)
    unread = Integer(0, MAX_SEQ, required=True)


class ChannelGet(Request):
    channel_id = Id(required=True)


class ChannelSync(Request):
    """`since` is the `seq` of the last event that the client has seen of the channel."""

    channel_id = Id(required=True)
    since = Integer(0, MAX_SEQ, required=True)


class LoggedEvent(Reply):
    """An event of a channel as it was said: its name and its data."""

    event = Text(required=True)
    data = fields.Dict(required=True)


class ChannelSynced(Reply):
    """The missed events in order; without them (`recovered` false) read the list anew."""

    recovered = Flag(required=True)
    events = fields.List(fields.Nested(LoggedEvent))


class ChannelRead(Broadcast):
    """The user has read a channel up to a message, on another of their sockets."""

    event = "channel:read"

    channel_id = Id(required=True)
    message_id = Id(required=True)
    unread = Integer(0, MAX_SEQ, required=True)
