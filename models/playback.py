"""What a room plays, and where in it: a state machine without a clock, a socket or a database.

A `Playback` is one state. Every command is a method that returns the next one, with `version`
grown by one, or the very same object when there is nothing to change. `now_ms` is the server's
clock (ms since the epoch); positions are seconds in the track, whatever the rate.

    stopped ──loaded──▶ waiting ──ready, without, timed_out──▶ playing ◀──played, paused──▶ paused

`waiting` is a gate: every listener loads the track first; who is not ready after `GATE_MS` catches
up later. `due_at`: when the server must act, from the stored state alone, on any process.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from math import isfinite
from uuid import UUID

from models.errors import Conflict
from models.playback_status import Reason, Status

GATE_MS = 3_000.0
MIN_RATE, MAX_RATE = 0.5, 2.0
CHANGED = "The playback has changed in the meantime."


class PlaybackConflict(Conflict):
    """A command that does not fit the state it met, which is `current`."""

    def __init__(self, message: str, current: Playback) -> None:
        super().__init__(message)
        self.current = current


class StaleVersion(PlaybackConflict):
    """The command was meant for another version."""


class NothingToPlay(PlaybackConflict):
    """The room has no track on."""


@dataclass(frozen=True, slots=True)
class Cue:
    """A track to put on, how long it is and where to begin (both in seconds)."""

    track_id: UUID
    duration_s: float
    queue_item_id: UUID | None = None
    position: float = 0.0

    def __post_init__(self) -> None:
        # A track without a length would be over at once, and repeated for ever.
        if not (isfinite(self.duration_s) and self.duration_s > 0):
            raise ValueError(f"A track cannot last {self.duration_s} s.")


@dataclass(frozen=True, slots=True)
class Playback:
    """One state of a room's playback; `Playback(room_id)` is that of a new room.

    While playing, the position at `t` is `position + rate * (t - anchor_at) / 1000`; `anchor_at`
    may lie in the future. `due_at` is the gate's deadline while waiting, the end of the track while
    playing, else None. `gate_version` is the version that put the track on. The rate is the room's:
    as in a podcast player it stays from track to track until somebody sets another.
    """

    room_id: UUID
    version: int = 0
    status: Status = Status.STOPPED
    track_id: UUID | None = None
    duration_s: float = 0.0
    queue_item_id: UUID | None = None
    position: float = 0.0
    anchor_at: float | None = None
    rate: float = 1.0
    waiting_for: tuple[UUID, ...] = ()
    gate_version: int = 0
    due_at: float | None = None
    reason: Reason = Reason.STOPPED
    changed_by: UUID | None = None

    def expect(self, if_version: int | None) -> None:
        """Raise `StaleVersion` when a command was meant for another state than this one."""
        if if_version is not None and if_version != self.version:
            raise StaleVersion(CHANGED, self)

    def position_at(self, now_ms: float) -> float:
        """Where the room is in the track, in seconds: never before its start or past its end."""
        if self.anchor_at is None:
            return self.position
        elapsed_s = max(0.0, now_ms - self.anchor_at) / 1000
        return _clamped(self.position + self.rate * elapsed_s, self.duration_s)

    def is_due(self, now_ms: float) -> bool:
        """Is it time for the server to act by itself?"""
        return self.due_at is not None and now_ms >= self.due_at

    def is_over(self, now_ms: float) -> bool:
        """Has the track been played to its end? Then the server goes on to what follows."""
        return self.status is Status.PLAYING and self.is_due(now_ms)

    def loaded(
        self, cue: Cue, listeners: Collection[UUID], now_ms: float, by: UUID | None, reason: Reason
    ) -> Playback:
        """Put a track on. The connected `listeners` are waited for; without any it just plays."""
        waiting = replace(
            _next(self, reason, by),
            status=Status.WAITING,
            track_id=cue.track_id,
            duration_s=cue.duration_s,
            queue_item_id=cue.queue_item_id,
            position=_clamped(cue.position, cue.duration_s),
            anchor_at=None,
            waiting_for=tuple(sorted(set(listeners))),
            gate_version=self.version + 1,
            due_at=now_ms + GATE_MS,
        )
        return waiting if waiting.waiting_for else _playing(waiting, waiting.position, now_ms)

    def has_had_on(self, version: int) -> bool:
        """Was the track that is on now already on in `version`?"""
        return self.gate_version <= version <= self.version

    def expect_on(self, version: int) -> None:
        """Raise `StaleVersion` when another track was on in `version`."""
        if not self.has_had_on(version):
            raise StaleVersion(CHANGED, self)

    def ready(
        self, users: Collection[UUID], version: int, now_ms: float, lead_ms: float
    ) -> Playback:
        """`users` have the track loaded; when they were the last, it starts in `lead_ms`.

        `version` is the state they loaded it for: any since the track was put on. Who reports after
        the gate has passed changes nothing; a report for another track raises `StaleVersion`. Who
        collects reports before applying them passes the `gate_version` they were collected under,
        so that none of them can open the gate of the next track.
        """
        self.expect_on(version)
        return _released(self, set(users), Reason.READY, now_ms + lead_ms)

    def without(self, user: UUID, now_ms: float, lead_ms: float) -> Playback:
        """`user` no longer listens, so nobody waits for them any more."""
        return _released(self, {user}, Reason.LEFT, now_ms + lead_ms)

    def timed_out(self, now_ms: float, lead_ms: float) -> Playback:
        """Stop waiting once the gate's deadline has passed; before it, change nothing."""
        if self.status is not Status.WAITING or not self.is_due(now_ms):
            return self
        return _playing(_next(self, Reason.TIMEOUT, None), self.position, now_ms + lead_ms)

    def played(
        self, now_ms: float, lead_ms: float, by: UUID | None, position: float | None = None
    ) -> Playback:
        """Go on after a pause, where it was or at `position`. What plays already, plays on."""
        _require_track(self)
        changed = _next(self, Reason.PLAY, by)
        if self.status is Status.PAUSED:
            start = self.position if position is None else position
            return _starting(changed, start, now_ms, lead_ms)
        return self if position is None else _placed(self, position, now_ms, lead_ms, changed)

    def paused(self, now_ms: float, by: UUID | None) -> Playback:
        """Hold where the room is at `now_ms`. A gate is dropped: going on needs no second one."""
        _require_track(self)
        if self.status is Status.PAUSED:
            return self
        return replace(
            _next(self, Reason.PAUSE, by),
            status=Status.PAUSED,
            position=self.position_at(now_ms),
            anchor_at=None,
            waiting_for=(),
            due_at=None,
        )

    def sought(self, position: float, now_ms: float, lead_ms: float, by: UUID | None) -> Playback:
        """Go to `position`; past the end means the end, where a playing track is over at once."""
        _require_track(self)
        return _placed(self, position, now_ms, lead_ms, _next(self, Reason.SEEK, by))

    def with_rate(self, rate: float, now_ms: float, by: UUID | None) -> Playback:
        """Play faster or slower from now on, without a jump. A stopped room may be set too."""
        if not MIN_RATE <= rate <= MAX_RATE:
            raise ValueError(f"A rate of {rate} is not between {MIN_RATE} and {MAX_RATE}.")
        if rate == self.rate:
            return self
        changed = replace(_next(self, Reason.RATE, by), rate=rate)
        if self.anchor_at is None:
            return changed
        return _playing(changed, self.position_at(now_ms), max(self.anchor_at, now_ms))

    def stopped(self, by: UUID | None, reason: Reason = Reason.STOPPED) -> Playback:
        """Take the track off. Nothing but the rate remains; a late `ready` changes nothing."""
        if self.status is Status.STOPPED:
            return self
        cleared = Playback(self.room_id, self.version, rate=self.rate)
        return replace(_next(cleared, reason, by), gate_version=self.gate_version)


def _require_track(state: Playback) -> None:
    if state.status is Status.STOPPED:
        raise NothingToPlay("Nothing is on in this room.", state)


def _next(state: Playback, reason: Reason, by: UUID | None) -> Playback:
    return replace(state, version=state.version + 1, reason=reason, changed_by=by)


def _released(state: Playback, users: set[UUID], reason: Reason, start_at: float) -> Playback:
    remaining = tuple(user for user in state.waiting_for if user not in users)
    if remaining == state.waiting_for:
        return state
    released = replace(_next(state, reason, None), waiting_for=remaining)
    return released if remaining else _playing(released, released.position, start_at)


def _placed(
    state: Playback, position: float, now_ms: float, lead_ms: float, changed: Playback
) -> Playback:
    if state.status is Status.PLAYING:
        return _starting(changed, position, now_ms, lead_ms)
    position = _clamped(position, state.duration_s)
    return state if position == state.position else replace(changed, position=position)


def _starting(state: Playback, position: float, now_ms: float, lead_ms: float) -> Playback:
    position = _clamped(position, state.duration_s)
    # At the end there is nothing to start together, hence nothing to wait for.
    start_at = now_ms + lead_ms if position < state.duration_s else now_ms
    return _playing(state, position, start_at)


def _playing(state: Playback, position: float, anchor_at: float) -> Playback:
    return replace(
        state,
        status=Status.PLAYING,
        position=position,
        anchor_at=anchor_at,
        waiting_for=(),
        due_at=anchor_at + (state.duration_s - position) / state.rate * 1000,
    )


def _clamped(position: float, duration_s: float) -> float:
    if not isfinite(position):
        raise ValueError(f"{position} is no position in a track.")
    return min(max(position, 0.0), duration_s)
