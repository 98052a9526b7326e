"""A room's playback on the wire. Positions are seconds, times are ms on the server's clock."""

from marshmallow import fields

from schemas.base import Broadcast, Reply, Request
from schemas.fields import Choice, Flag, Id, Integer, Number
from schemas.track import TrackReply

STATUSES = ("stopped", "waiting", "playing", "paused")
REASONS = (
    *("play", "pause", "seek", "rate", "skip", "vote_skip", "ended", "ready", "left", "timeout"),
    *("removed", "idle", "stopped"),
)
ACTIONS = ("none", "nudge", "seek")
MIN_RATE, MAX_RATE = 0.5, 2.0
MAX_VERSION = 2**53
MAX_POSITION_S = 1e9
MAX_TIME_MS = 1e15
MAX_DELAY_MS = 60_000


class PlaybackReply(Reply):
    """What a room plays, and where in it.

    While playing, the position at server time `t` is `position + rate * (t - anchorAt) / 1000`;
    `anchorAt` may lie in the future. `version` grows by one with every change.
    """

    room_id = Id(required=True)
    version = Integer(0, MAX_VERSION, required=True)
    status = Choice(*STATUSES, required=True)
    track = fields.Nested(TrackReply, required=True, allow_none=True)
    queue_item_id = Id(required=True, allow_none=True)
    position = Number(0, MAX_POSITION_S, required=True)
    anchor_at = Number(0, MAX_TIME_MS, required=True, allow_none=True)
    rate = Number(MIN_RATE, MAX_RATE, required=True)
    waiting_for = fields.List(Id(), required=True)
    reason = Choice(*REASONS, required=True)
    changed_by = Id(required=True, allow_none=True)


class PlaybackState(PlaybackReply, Broadcast):
    """The room's playback changed."""

    event = "playback:state"


class PlaybackGet(Request):
    room_id = Id(required=True)


class PlaybackCommand(Request):
    """`ifVersion`: only if the playback is still of this version, else `conflict`."""

    room_id = Id(required=True)
    if_version = Integer(0, MAX_VERSION)


class PlaybackPlay(PlaybackCommand):
    track_id = Id()
    position = Number(0, MAX_POSITION_S)


class PlaybackSeek(PlaybackCommand):
    position = Number(0, MAX_POSITION_S, required=True)


class PlaybackSetRate(PlaybackCommand):
    rate = Number(MIN_RATE, MAX_RATE, required=True)


class PlaybackReady(Request):
    room_id = Id(required=True)
    version = Integer(0, MAX_VERSION, required=True)


class PlaybackReport(PlaybackReady):
    """What a client hears: `position` at server time `at`; its delays in ms."""

    position = Number(0, MAX_POSITION_S, required=True)
    at = Number(0, MAX_TIME_MS, required=True)
    rtt = Number(0, MAX_DELAY_MS)
    jitter = Number(0, MAX_DELAY_MS)
    output_latency = Number(0, MAX_DELAY_MS)
    buffering = Flag()


class PlaybackAdvice(Reply):
    """How far a client is off (ms of the track, positive: ahead) and what it should do.

    `rate` is what to play at now, `position` where the room is now.
    """

    drift = Number(-1e12, 1e12, required=True, attribute="drift_ms")
    action = Choice(*ACTIONS, required=True)
    rate = Number(0, 10, required=True)
    position = Number(0, MAX_POSITION_S, required=True)


class PlaybackVoteSkip(Request):
    room_id = Id(required=True)
    queue_item_id = Id(required=True)


class SkipVotes(Reply):
    """How many of the connected listeners want to skip, and how many it takes."""

    votes = Integer(0, 1000, required=True)
    needed = Integer(1, 1000, required=True)
