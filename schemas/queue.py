"""A room's queue on the wire."""

from marshmallow import fields

from schemas.base import Broadcast, Reply, Request
from schemas.fields import Choice, Id, Integer, Text, Time
from schemas.track import TrackReply

MAX_QUEUE = 500
MAX_VOTES = 10**6


class QueueItemReply(Reply):
    """A track in the queue; `addedBy` is a user's id, `votes` the sum of all votes.

    The `waveform` of its track is empty here: it comes with the Playback once the track is on,
    or with `track:get`.
    """

    id = Id(required=True)
    track = fields.Nested(TrackReply, required=True)
    added_by = Id(required=True, allow_none=True)
    votes = Integer(-MAX_VOTES, MAX_VOTES, required=True)
    added_at = Time(required=True)


class QueueAdded(QueueItemReply):
    """What was added. Of a playlist it is the first, with all of them in `items`."""

    items = fields.List(fields.Nested(QueueItemReply))


class QueueUpdated(Broadcast):
    """The room's queue as it is now, in the order in which it will be heard."""

    event = "queue:updated"

    room_id = Id(required=True)
    version = Integer(0, 2**53, required=True)
    queue = fields.List(fields.Nested(QueueItemReply), required=True)


class QueueGet(Request):
    room_id = Id(required=True)


class QueueAdd(Request):
    """Either a track or a whole playlist; a `nonce` goes with a track."""

    room_id = Id(required=True)
    track_id = Id()
    playlist_id = Id()
    nonce = Text(1, 64)


class QueueRemove(Request):
    room_id = Id(required=True)
    item_id = Id(required=True)


class QueueMove(QueueRemove):
    position = Integer(0, 10**6, required=True)


class QueueVoteRequest(QueueRemove):
    vote = Choice(1, 0, -1, required=True)
