"""The playback of a room as pure state: what commands, listeners and time make of it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from models.playback import GATE_MS, Cue, NothingToPlay, Playback, PlaybackConflict, StaleVersion
from models.playback_status import Reason, Status

NOW = 1_700_000_000_000.0
LEAD = 250.0
ROOM, TRACK, OTHER_TRACK, ITEM = (UUID(int=n) for n in range(1, 5))
ADA, BOB, CY = USERS = [UUID(int=n) for n in range(11, 14)]
SONG = Cue(TRACK, duration_s=180.0, queue_item_id=ITEM)

users = st.sampled_from(USERS)
leads = st.floats(150, 1500)
positions = st.floats(-20, 400)
rates = st.floats(0.5, 2)
cues = st.builds(
    Cue, st.sampled_from([TRACK, OTHER_TRACK]), st.floats(1, 300), st.just(ITEM), st.floats(0, 5)
)


def waiting(*listeners: UUID) -> Playback:
    """SONG has been put on at NOW by Ada, and waits for `listeners`."""
    return Playback(ROOM).loaded(SONG, listeners, NOW, ADA, Reason.PLAY)


def playing(position: float = 0.0, rate: float = 1.0) -> Playback:
    """SONG plays from `position` since NOW."""
    song = replace(SONG, position=position)
    return Playback(ROOM, rate=rate).loaded(song, [], NOW, ADA, Reason.PLAY)


def test_a_new_track_waits_for_its_listeners_and_says_for_whom() -> None:
    state = waiting(CY, ADA, ADA)
    assert (state.status, state.waiting_for) == (Status.WAITING, (ADA, CY))
    assert (state.due_at, state.gate_version) == (NOW + GATE_MS, state.version)


def test_a_track_plays_at_once_in_a_room_where_nobody_listens() -> None:
    state = waiting()
    assert (state.status, state.anchor_at, state.version) == (Status.PLAYING, NOW, 1)


def test_the_gate_opens_when_the_last_listener_is_ready() -> None:
    first = waiting(ADA, BOB).ready([ADA], 1, NOW + 100, LEAD)
    assert (first.status, first.waiting_for) == (Status.WAITING, (BOB,))
    assert first.due_at == NOW + GATE_MS
    last = first.ready([BOB], 1, NOW + 200, LEAD)
    assert (last.status, last.anchor_at) == (Status.PLAYING, NOW + 200 + LEAD)
    assert (last.reason, last.changed_by, last.version) == (Reason.READY, None, 3)


def test_a_batch_of_reports_is_one_change() -> None:
    state = waiting(*USERS).ready([ADA, BOB, CY], 1, NOW, LEAD)
    assert (state.status, state.version) == (Status.PLAYING, 2)


def test_the_gate_opens_when_the_last_one_waited_for_leaves() -> None:
    state = waiting(ADA).without(ADA, NOW, LEAD)
    assert (state.status, state.reason) == (Status.PLAYING, Reason.LEFT)


def test_a_report_after_the_gate_changes_nothing() -> None:
    state = waiting(ADA, BOB)
    state = state.timed_out(NOW + GATE_MS, LEAD)
    assert state.ready([BOB], 1, NOW + 4000, LEAD) is state
    assert state.stopped(ADA).ready([BOB], 1, NOW, LEAD).status is Status.STOPPED


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_report_for_another_track_is_stale(version: int) -> None:
    state = waiting(ADA).loaded(SONG, [ADA], NOW, BOB, Reason.SKIP)
    with pytest.raises(StaleVersion) as caught:
        state.ready([ADA], version, NOW, LEAD)
    assert (caught.value.current, caught.value.code) == (state, "conflict")


def test_a_seek_while_waiting_keeps_the_gate_and_what_was_reported_before_it() -> None:
    state = waiting(ADA).sought(60, NOW + 1000, LEAD, BOB)
    assert (state.status, state.position, state.due_at) == (Status.WAITING, 60, NOW + GATE_MS)
    assert state.ready([ADA], 1, NOW + 1100, LEAD).status is Status.PLAYING


def test_a_pause_while_waiting_drops_the_gate() -> None:
    state = waiting(ADA).paused(NOW, BOB)
    assert (state.status, state.waiting_for, state.due_at) == (Status.PAUSED, (), None)
    assert state.played(NOW, LEAD, BOB).anchor_at == NOW + LEAD


def test_the_deadline_of_the_gate_does_nothing_before_its_time() -> None:
    state = waiting(ADA)
    assert state.timed_out(NOW + GATE_MS - 1, LEAD) is state
    assert state.is_due(NOW + GATE_MS)
    assert not state.is_over(NOW + GATE_MS)
    late = state.timed_out(NOW + GATE_MS, LEAD)
    assert (late.status, late.reason) == (Status.PLAYING, Reason.TIMEOUT)
    assert late.timed_out(NOW + 999_000, LEAD) is late


def test_before_its_anchor_a_track_stands_still() -> None:
    state = playing().paused(NOW + 5000, ADA).played(NOW + 6000, LEAD, ADA)
    assert state.position_at(NOW + 6000) == state.position_at(NOW + 6000 + LEAD) == 5
    assert state.paused(NOW + 6100, ADA).position == 5
    assert state.with_rate(2, NOW + 6100, ADA).anchor_at == NOW + 6000 + LEAD


def test_repeating_a_command_changes_nothing() -> None:
    state = playing()
    paused = state.paused(NOW, ADA)
    assert state.played(NOW, LEAD, ADA) is state
    assert state.with_rate(1, NOW, ADA) is state
    assert paused.paused(NOW + 1, BOB) is paused
    assert paused.sought(0, NOW + 1, LEAD, BOB) is paused
    assert waiting(ADA).played(NOW, LEAD, ADA) == waiting(ADA)
    assert Playback(ROOM).stopped(ADA) == Playback(ROOM)


def test_a_command_meant_for_another_state_is_refused() -> None:
    state = playing()
    state.expect(None)
    state.expect(state.version)
    with pytest.raises(StaleVersion):
        state.paused(NOW, ADA).expect(state.version)


def test_a_seek_past_the_end_is_the_end_at_once() -> None:
    state = playing().sought(999, NOW + 10, LEAD, ADA)
    assert (state.position, state.due_at) == (180, NOW + 10)
    assert state.is_over(NOW + 10)


def test_a_seek_back_starts_ahead_of_time() -> None:
    state = playing(position=100).sought(-5, NOW, LEAD, ADA)
    assert (state.position, state.anchor_at, state.due_at) == (0, NOW + LEAD, NOW + LEAD + 180_000)


def test_play_at_a_position_moves_a_playing_track() -> None:
    assert playing().played(NOW, LEAD, BOB, 42).position_at(NOW + LEAD + 1000) == 43


def test_the_rate_of_a_room_outlasts_its_tracks() -> None:
    state = playing().with_rate(1.5, NOW, ADA).stopped(ADA, Reason.IDLE)
    assert state.loaded(SONG, [], NOW, ADA, Reason.PLAY).due_at == NOW + 120_000


def test_a_stopped_room_has_nothing_to_pause_seek_or_resume() -> None:
    state = playing().stopped(ADA)
    assert (state.track_id, state.queue_item_id, state.position) == (None, None, 0)
    commands: list[Callable[[], Playback]] = [
        lambda: state.paused(NOW, ADA),
        lambda: state.sought(1, NOW, LEAD, ADA),
        lambda: state.played(NOW, LEAD, ADA),
    ]
    for command in commands:
        with pytest.raises(NothingToPlay):
            command()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="no position"):
        playing().sought(value, NOW, LEAD, ADA)
    with pytest.raises(ValueError, match="rate"):
        playing().with_rate(value, NOW, ADA)
    with pytest.raises(ValueError, match="cannot last"):
        Cue(TRACK, value)


@settings(deadline=None)
@given(positions, rates, rates, st.floats(0, 400_000))
def test_a_pause_and_a_rate_never_jump(
    start: float, rate: float, new_rate: float, after_ms: float
) -> None:
    state = playing(max(0, start), rate)
    now = NOW + after_ms
    here = pytest.approx(state.position_at(now), abs=1e-6)
    assert state.paused(now, ADA).position_at(now + 9000) == here
    assert state.with_rate(new_rate, now, ADA).position_at(now) == here


@settings(deadline=None)
@given(positions, rates, leads, st.lists(st.floats(0, 400_000), min_size=2))
def test_a_playing_track_only_moves_forward_and_is_over_at_its_end(
    position: float, rate: float, lead: float, times: list[float]
) -> None:
    state = playing(rate=rate).sought(position, NOW, lead, ADA)
    heard = [state.position_at(NOW + time) for time in sorted(times)]
    assert all(earlier <= later for earlier, later in pairwise(heard))
    assert state.due_at is not None
    assert state.position_at(state.due_at) == pytest.approx(180, abs=1e-6)
    assert state.is_over(state.due_at)
    assert not state.is_over(state.due_at - 1)


class Room(RuleBasedStateMachine):
    """Three users steer one room, each by the state that has reached them so far.

    States reach them late, twice and out of order, and get lost once they are overtaken. The server
    acts by itself at `due_at`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.state = Playback(ROOM)
        self.gate_since = NOW
        self.held = dict.fromkeys(USERS, self.state)
        self.under_way: list[tuple[UUID, Playback]] = []

    def change(self, command: Callable[[Playback], Playback]) -> Playback:
        """Let the server run `command`; tell everybody what became of it."""
        before = self.state
        with suppress(PlaybackConflict):
            self.state = command(before)
        if self.state is not before:
            assert self.state.version == before.version + 1
            if self.state.gate_version == self.state.version:
                self.gate_since = self.now
            self.under_way += [(user, self.state) for user in USERS]
        return self.state

    def receive(self, user: UUID, state: Playback) -> None:
        if state.version > self.held[user].version:
            self.held[user] = state

    @initialize(listeners=st.sets(users))
    def begin(self, listeners: set[UUID]) -> None:
        self.load(ADA, SONG, listeners)

    @rule(user=users, cue=cues, listeners=st.sets(users))
    def load(self, user: UUID, cue: Cue, listeners: set[UUID]) -> None:
        self.change(lambda it: it.loaded(cue, listeners, self.now, user, Reason.PLAY))

    @rule(user=users, lead=leads, position=st.none() | positions)
    def play(self, user: UUID, lead: float, position: float | None) -> None:
        self.change(lambda it: it.played(self.now, lead, user, position))

    @rule(user=users)
    def pause(self, user: UUID) -> None:
        here = self.state.position_at(self.now)
        after = self.change(lambda it: it.paused(self.now, user))
        assert after.position_at(self.now) == pytest.approx(here, abs=1e-6)

    @rule(user=users, rate=rates)
    def set_rate(self, user: UUID, rate: float) -> None:
        here = self.state.position_at(self.now)
        after = self.change(lambda it: it.with_rate(rate, self.now, user))
        assert after.position_at(self.now) == pytest.approx(here, abs=1e-6)

    @rule(user=users, lead=leads, position=positions)
    def seek(self, user: UUID, lead: float, position: float) -> None:
        self.change(lambda it: it.sought(position, self.now, lead, user))

    @rule(user=users)
    def stop(self, user: UUID) -> None:
        self.change(lambda it: it.stopped(user))

    @rule(user=users, lead=leads)
    def ready(self, user: UUID, lead: float) -> None:
        self.change(lambda it: it.ready([user], self.held[user].version, self.now, lead))

    @rule(user=users, lead=leads)
    def leave(self, user: UUID, lead: float) -> None:
        self.change(lambda it: it.without(user, self.now, lead))

    @rule(first=users, second=users, position=positions, lead=leads)
    def race(self, first: UUID, second: UUID, position: float, lead: float) -> None:
        """Two commands meant for the same state: one wins."""
        seen = self.state.version

        def command(user: UUID, state: Playback) -> Playback:
            state.expect(seen)
            return state.sought(position, self.now, lead, user)

        self.change(lambda it: command(first, it))
        self.change(lambda it: command(second, it))
        assert self.state.version <= seen + 1

    @rule(ms=st.floats(0, 10_000), lead=leads)
    def time_passes(self, ms: float, lead: float) -> None:
        later = self.now + ms
        while self.state.due_at is not None and self.state.due_at <= later:
            self.now = max(self.now, self.state.due_at)
            if self.state.is_over(self.now):
                self.change(lambda it: it.loaded(SONG, USERS, self.now, None, Reason.ENDED))
            else:
                self.change(lambda it: it.timed_out(self.now, lead))
                assert self.state.status is Status.PLAYING
        self.now = later

    @rule(data=st.data(), twice=st.booleans())
    def a_state_arrives(self, data: st.DataObject, twice: bool) -> None:
        if self.under_way:
            arrival = data.draw(st.sampled_from(self.under_way))
            self.receive(*arrival)
            if not twice:
                self.under_way.remove(arrival)

    @rule()
    def overtaken_states_get_lost(self) -> None:
        self.under_way = [
            (user, state)
            for user, state in self.under_way
            if state.version > self.held[user].version
        ]

    @invariant()
    def nobody_is_waited_for_longer_than_the_gate(self) -> None:
        assert self.state.status is not Status.WAITING or self.now < self.gate_since + GATE_MS

    @invariant()
    def the_state_is_whole(self) -> None:
        state = self.state
        assert (state.anchor_at is not None) == (state.status is Status.PLAYING)
        assert bool(state.waiting_for) == (state.status is Status.WAITING)
        assert (state.track_id is None) == (state.status is Status.STOPPED)
        assert 0 <= state.position_at(self.now) <= state.duration_s
        if state.anchor_at is not None:
            to_play_ms = (state.duration_s - state.position) / state.rate * 1000
            assert state.due_at == pytest.approx(state.anchor_at + to_play_ms, rel=0, abs=0.01)
        elif state.status is Status.WAITING:
            assert state.due_at == self.gate_since + GATE_MS
        else:
            assert state.due_at is None

    def teardown(self) -> None:
        for arrival in self.under_way:
            self.receive(*arrival)
        assert list(self.held.values()) == [self.state] * len(USERS)


TestEveryInterleavingEndsInOneState = Room.TestCase
TestEveryInterleavingEndsInOneState.settings = settings(
    max_examples=100, stateful_step_count=30, deadline=None
)
