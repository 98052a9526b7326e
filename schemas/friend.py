"""Friends on the wire."""

from marshmallow import fields

from schemas.base import Broadcast, Paging, Reply, Request
from schemas.fields import Choice, Id, Text, Time
from schemas.track import TrackReply
from schemas.user import STATUSES, UserGet, UserReply


class ListeningReply(Reply):
    """The room that somebody hears; `track` (its `waveform` is empty) while one is playing."""

    room_id = Id(required=True)
    room_name = Text(required=True)
    track = fields.Nested(TrackReply, required=True, allow_none=True)


class FriendReply(Reply):
    """A friend, since when they are one, and what they listen to."""

    user = fields.Nested(UserReply, required=True)
    since = Time(required=True)
    listening = fields.Nested(ListeningReply, required=True, allow_none=True)


class FriendRequestReply(Reply):
    """`requester` asks `receiver` to be friends."""

    id = Id(required=True)
    requester = fields.Nested(UserReply, required=True)
    receiver = fields.Nested(UserReply, required=True)
    created_at = Time(required=True)


class FriendAsked(Reply):
    """The request that waits; or the friend, where they had asked the caller already."""

    request = fields.Nested(FriendRequestReply, required=True, allow_none=True)
    friend = fields.Nested(FriendReply, required=True, allow_none=True)


class FriendRequestsReply(Reply):
    """Who asks the caller, and whom the caller asks; the newest 100 of each."""

    incoming = fields.List(fields.Nested(FriendRequestReply), required=True)
    outgoing = fields.List(fields.Nested(FriendRequestReply), required=True)


class FriendAsk(UserGet):
    """Either the id or the tag of a user."""


class FriendAnswer(Request):
    request_id = Id(required=True)


class FriendList(Paging):
    query = Text(1, 64)


class FriendRequestsGet(Request):
    """`before` is the id of a request: only older ones are given."""

    before = Id()


class FriendRequestReceived(Broadcast):
    """Somebody asks the user to be friends."""

    event = "friend:request_received"

    request = fields.Nested(FriendRequestReply, required=True)


class FriendRequestAccepted(Broadcast):
    """A request made two friends; said to both, each with the other as `friend`."""

    event = "friend:request_accepted"

    request_id = Id(required=True)
    friend = fields.Nested(FriendReply, required=True)


class FriendRequestDeclined(Broadcast):
    """A request was refused by that user: said to who asked, and to the user's other sockets."""

    event = "friend:request_declined"

    request_id = Id(required=True)
    user_id = Id(required=True)


class FriendRequestCancelled(Broadcast):
    """A request was taken back by that user: said to who was asked, and to the user's others."""

    event = "friend:request_cancelled"

    request_id = Id(required=True)
    user_id = Id(required=True)


class FriendRemoved(Broadcast):
    """That user is no longer a friend; said to both."""

    event = "friend:removed"

    user_id = Id(required=True)


class FriendPresence(Broadcast):
    """A friend came or went, or listens to something else. `status` is as others may see it."""

    event = "friend:presence"

    user_id = Id(required=True)
    status = Choice(*STATUSES, required=True)
    listening = fields.Nested(ListeningReply, required=True, allow_none=True)
