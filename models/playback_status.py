"""What a room does, and what brought that about: the words that clients see and rows keep."""

from enum import StrEnum


class Status(StrEnum):
    """What a room does. Only `PLAYING` has an anchor, only `STOPPED` has no track."""

    STOPPED = "stopped"
    WAITING = "waiting"
    PLAYING = "playing"
    PAUSED = "paused"


# With these a track is on: while everybody loads it, which takes a moment, as when it sounds.
ON = (Status.WAITING, Status.PLAYING)


class Reason(StrEnum):
    """What brought a state about: a command, or something that nobody commanded."""

    PLAY = "play"
    PAUSE = "pause"
    SEEK = "seek"
    RATE = "rate"
    SKIP = "skip"
    VOTE_SKIP = "vote_skip"
    ENDED = "ended"
    READY = "ready"
    LEFT = "left"
    TIMEOUT = "timeout"
    REMOVED = "removed"
    IDLE = "idle"
    STOPPED = "stopped"
