"""Friends on the wire."""

from marshmallow import fields

from schemas.base import Broadcast, Reply
from schemas.fields import Choice, Id, Text
from schemas.track import TrackReply
from schemas.user import STATUSES


class ListeningReply(Reply):
    """The room that somebody hears; `track` (its `waveform` is empty) while one is playing."""

    room_id = Id(required=True)
    room_name = Text(required=True)
    track = fields.Nested(TrackReply, required=True, allow_none=True)


class FriendPresence(Broadcast):
    """A friend came or went, or listens to something else. `status` is as others may see it."""

    event = "friend:presence"

    user_id = Id(required=True)
    status = Choice(*STATUSES, required=True)
    listening = fields.Nested(ListeningReply, required=True, allow_none=True)
