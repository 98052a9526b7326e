"""What the listeners' measurements say: how far ahead a start must lie, and who is out of step."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, isfinite

from models.playback import Playback
from models.playback_status import Status

MIN_LEAD_MS, MAX_LEAD_MS = 150.0, 1_500.0
UNMEASURED_LEAD_MS = 400.0

IN_STEP_MS = 15.0
NUDGE_MS = 200.0
MAX_NUDGE = 0.005
NUDGE_OVER_MS = 10_000.0
BELIEVED_MS = 5_000.0


@dataclass(frozen=True, slots=True)
class Delay:
    """How far a listener is from the server, and from hearing what it starts (all in ms)."""

    rtt_ms: float
    jitter_ms: float
    output_latency_ms: float


def start_lead_ms(delays: Collection[Delay]) -> float:
    """How far ahead a start must lie for the room's listeners to make it, in ms.

    `clamp(p95 rtt + 4 * p95 jitter + greatest output latency, 150, 1500)`. The jitter is a p95 like
    the round trip, so that in a big room the worst twentieth of the connections does not delay all
    the others; below 20 listeners both are the greatest. `delays` are the measured listeners; where
    nobody has been measured it is 400 ms, enough for a usual line between continents.
    """
    if not delays:
        return UNMEASURED_LEAD_MS
    rtt_ms = _p95([delay.rtt_ms for delay in delays])
    jitter_ms = _p95([delay.jitter_ms for delay in delays])
    output_latency_ms = max(delay.output_latency_ms for delay in delays)
    return _clamped(rtt_ms + 4 * jitter_ms + output_latency_ms, MIN_LEAD_MS, MAX_LEAD_MS)


class Action(StrEnum):
    """What a client should do about its drift."""

    NONE = "none"
    NUDGE = "nudge"
    SEEK = "seek"


@dataclass(frozen=True, slots=True)
class Advice:
    """How far a client is off, and what to do.

    `drift_ms` is in ms of the track, positive where the client is ahead. `rate` is what it should
    play at now: the room's, but for a nudge. `position` is where the room is now, in seconds.
    """

    drift_ms: float
    action: Action
    rate: float
    position: float


def advise(playback: Playback, position: float, at_ms: float, now_ms: float) -> Advice:
    """Compare what a client reports (to be at `position` at `at_ms`) with where the room was.

    Less than 15 ms off is in step. Up to 200 ms is made good by playing at most 0.5 % faster or
    slower, which nobody hears, in about 10 s where that suffices; beyond, and wherever nothing
    moves (paused, waiting, before the anchor), by a seek. A stopped room, and one whose track is
    over, needs nothing from anybody. A time further than 5 s from now cannot be true and counts as
    5 s. The report must be of this version: one from before a rate change would be held against
    the wrong past.
    """
    at_ms = _clamped(at_ms, now_ms - BELIEVED_MS, now_ms + BELIEVED_MS)
    drift_ms = _drift_ms(playback, position, at_ms)
    action = _action(playback, drift_ms, now_ms)
    slower = _nudge(playback, drift_ms) if action is Action.NUDGE else 0.0
    return Advice(drift_ms, action, playback.rate * (1 - slower), playback.position_at(now_ms))


def _drift_ms(playback: Playback, position: float, at_ms: float) -> float:
    return (_clamped(position, 0.0, playback.duration_s) - playback.position_at(at_ms)) * 1000


def _action(playback: Playback, drift_ms: float, now_ms: float) -> Action:
    nothing_to_hear = playback.status is Status.STOPPED or playback.is_over(now_ms)
    if nothing_to_hear or abs(drift_ms) < IN_STEP_MS:
        return Action.NONE
    moves = playback.anchor_at is not None and now_ms >= playback.anchor_at
    return Action.NUDGE if moves and abs(drift_ms) <= NUDGE_MS else Action.SEEK


def _nudge(playback: Playback, drift_ms: float) -> float:
    return _clamped(drift_ms / (playback.rate * NUDGE_OVER_MS), -MAX_NUDGE, MAX_NUDGE)


def _p95(values: Sequence[float]) -> float:
    """The least value that 95 % of them do not exceed (nearest rank, no interpolation)."""
    return sorted(values)[ceil(0.95 * len(values)) - 1]


def _clamped(value: float, low: float, high: float) -> float:
    if not isfinite(value):
        raise ValueError(f"{value} cannot be a measurement.")
    return min(max(value, low), high)
