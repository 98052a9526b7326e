"""What the server makes of its listeners' measurements."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.advice import Action, Delay, advise, start_lead_ms
from models.playback import Playback
from tests.test_playback_state import ADA, LEAD, NOW, ROOM, playing, waiting

LATER = NOW + 60_000
delays = st.builds(Delay, st.floats(0, 5000), st.floats(0, 5000), st.floats(0, 5000))


def off_by(drift_ms: float, rate: float = 1.0) -> tuple[Action, float]:
    """What to do about `drift_ms` in the middle of a track, and at which share of the rate."""
    playback = playing(rate=rate)
    advice = advise(playback, playback.position_at(LATER) + drift_ms / 1000, LATER, LATER + 40)
    assert advice.drift_ms == pytest.approx(drift_ms, abs=0.01)
    assert advice.position == playback.position_at(LATER + 40)
    return advice.action, advice.rate / rate


@pytest.mark.parametrize("drift_ms", [0, 14.9, -14.9])
def test_less_than_15_ms_is_in_step(drift_ms: float) -> None:
    assert off_by(drift_ms) == (Action.NONE, 1)


@pytest.mark.parametrize(
    ("drift_ms", "share"), [(20, 0.998), (-20, 1.002), (199.9, 0.995), (-199.9, 1.005)]
)
def test_who_is_ahead_plays_slower_and_who_is_behind_faster(drift_ms: float, share: float) -> None:
    action, advised = off_by(drift_ms)
    assert action is Action.NUDGE
    assert advised == pytest.approx(share, abs=1e-5)


@pytest.mark.parametrize("drift_ms", [200.1, -200.1, 5000])
def test_beyond_200_ms_a_client_jumps(drift_ms: float) -> None:
    assert off_by(drift_ms) == (Action.SEEK, 1)


@settings(deadline=None)
@given(st.floats(-1000, 1000), st.floats(0.5, 2))
def test_the_advice_brings_a_client_closer(drift_ms: float, rate: float) -> None:
    action, share = off_by(drift_ms, rate)
    assert abs(share - 1) <= 0.005 + 1e-9
    if action is Action.NUDGE:
        after_10_s = drift_ms + (share - 1) * rate * 10_000
        assert abs(after_10_s) < abs(drift_ms)
        assert after_10_s * drift_ms >= -1e-6


def test_before_the_start_a_client_stands_where_it_will_start() -> None:
    playback = playing().sought(30, NOW, LEAD, ADA)
    assert advise(playback, 30, NOW, NOW + 10).action is Action.NONE
    early = advise(playback, 30.1, NOW, NOW + 10)
    assert (early.action, early.position) == (Action.SEEK, 30)


def test_a_room_that_stands_still_is_reached_by_a_jump() -> None:
    for playback in [waiting(ADA), playing().paused(NOW, ADA)]:
        assert advise(playback, 0.01, LATER, LATER).action is Action.NONE
        assert advise(playback, 0.05, LATER, LATER).action is Action.SEEK


def test_a_stopped_room_wants_nothing() -> None:
    advice = advise(Playback(ROOM), 77, LATER, LATER)
    assert (advice.action, advice.drift_ms, advice.rate, advice.position) == (Action.NONE, 0, 1, 0)


def test_a_track_that_is_over_needs_no_correction() -> None:
    assert advise(playing(), 100, NOW + 180_000, NOW + 180_000).action is Action.NONE
    assert advise(playing(), 100, NOW + 179_000, NOW + 179_000).action is Action.SEEK


def test_the_time_of_a_report_is_believed_within_5_seconds() -> None:
    long_ago = advise(playing(), 60, NOW - 1e9, LATER)
    assert long_ago.drift_ms == pytest.approx(5000)
    far_ahead = advise(playing(), 60, NOW + 1e9, LATER)
    assert far_ahead.drift_ms == pytest.approx(-5000)
    assert advise(playing(), 56, LATER - 4000, LATER).drift_ms == pytest.approx(0)


def test_no_client_is_beyond_the_track() -> None:
    assert advise(playing(), 1e12, LATER, LATER).drift_ms == pytest.approx(120_000)
    assert advise(playing(), -1e12, LATER, LATER).drift_ms == pytest.approx(-60_000)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="measurement"):
        advise(playing(), value, LATER, LATER)
    with pytest.raises(ValueError, match="measurement"):
        advise(playing(), 0, value, LATER)


def test_the_lead_covers_round_trip_jitter_and_output() -> None:
    assert start_lead_ms([Delay(100, 20, 30)]) == 100 + 4 * 20 + 30
    assert start_lead_ms([Delay(100, 5, 80), Delay(40, 20, 0)]) == 100 + 4 * 20 + 80


def test_one_bad_line_among_twenty_does_not_hold_up_the_others() -> None:
    assert start_lead_ms([Delay(100, 10, 50)] * 19 + [Delay(1400, 900, 50)]) == 190
    assert start_lead_ms([Delay(100, 10, 50)] * 18 + [Delay(1400, 900, 50)]) == 1500


def test_a_room_without_measurements_gets_a_usual_lead() -> None:
    assert start_lead_ms([]) == 400


@settings(deadline=None)
@given(st.lists(delays, max_size=40))
def test_the_lead_is_never_too_short_nor_too_long(measured: list[Delay]) -> None:
    assert 150 <= start_lead_ms(measured) <= 1500
