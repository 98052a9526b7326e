"""The order of a room's queue, moves by hand, and what follows a track."""

from collections import Counter
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.queue_order import (
    Again,
    Ending,
    Finished,
    FromAutoplay,
    FromQueue,
    Queued,
    Silence,
    fair,
    fifo,
    moved,
    ordered,
    rank_between,
    skip_votes_needed,
    votes,
    what_follows,
)
from models.room import QueueOrder, Repeat

ADA, BOB, CY = PEOPLE = [UUID(int=n) for n in range(501, 504)]
TRACK = UUID(int=99)


def item(
    number: int, added_by: UUID | None = ADA, rank: float | None = None, votes: int = 0
) -> Queued:
    """The item with this number, added in the order of the numbers."""
    place = float(number) if rank is None else rank
    return Queued(UUID(int=number), UUID(int=1000 + number), added_by, float(number), place, votes)


def numbers(items: list[Queued]) -> list[int]:
    return [each.id.int for each in items]


def after_move(items: list[Queued], ranks: dict[UUID, float]) -> list[Queued]:
    return [replace(each, rank=ranks.get(each.id, each.rank)) for each in items]


def peer_key(each: Queued, order: QueueOrder) -> object:
    """What items share that a move may bring past each other."""
    keys = {QueueOrder.FAIR: each.added_by or each.id, QueueOrder.VOTES: each.votes}
    return keys.get(order)


@st.composite
def queues(draw: st.DrawFn) -> list[Queued]:
    """Items of three people and some who are gone, with ranks that often collide."""
    people, ranks, sums = st.sampled_from([*PEOPLE, None]), st.integers(0, 4), st.integers(-2, 2)
    return [
        item(number, draw(people), draw(ranks) * 0.5, draw(sums))
        for number in range(draw(st.integers(1, 8)))
    ]


turns = st.lists(st.sampled_from(PEOPLE), unique=True).map(
    lambda people: {person: float(turn) for turn, person in enumerate(people)}
)
orders = st.sampled_from(QueueOrder)


def test_first_come_is_first_served() -> None:
    assert numbers(fifo([item(3), item(1), item(2, BOB)])) == [1, 2, 3]


def test_the_most_wanted_comes_first_and_among_equals_the_earlier() -> None:
    queue = [item(1), item(2, votes=2), item(3, votes=-1), item(4, votes=2)]
    assert numbers(votes(queue)) == [2, 4, 1, 3]


def test_people_take_turns() -> None:
    queue = [item(1), item(2), item(3), item(4, BOB), item(5, CY), item(6, BOB)]
    assert numbers(fair(queue, {})) == [1, 4, 5, 2, 6, 3]


def test_who_was_just_heard_waits_for_the_others() -> None:
    assert numbers(fair([item(1), item(2), item(3, BOB)], {ADA: 50})) == [3, 1, 2]


def test_who_waits_longest_since_their_turn_comes_first() -> None:
    queue = [item(1), item(2, BOB), item(3, CY)]
    assert numbers(fair(queue, {ADA: 30, BOB: 20, CY: 10})) == [3, 2, 1]


def test_items_of_people_who_are_gone_are_played_too() -> None:
    assert numbers(fair([item(1), item(2), item(3, None)], {ADA: 50})) == [3, 1, 2]


@settings(deadline=None)
@given(queues(), orders, turns)
def test_every_order_keeps_every_item(
    queue: list[Queued], order: QueueOrder, last: dict[UUID, float]
) -> None:
    assert sorted(numbers(ordered(queue, order, last))) == numbers(queue)
    assert ordered(queue[::-1], order, last) == ordered(queue, order, last)


@settings(deadline=None)
@given(queues(), turns)
def test_nobody_is_heard_twice_in_a_row_while_another_waits(
    queue: list[Queued], last: dict[UUID, float]
) -> None:
    heard = max(last, key=lambda person: last[person], default=None)
    rest = fair(queue, last)
    while rest:
        first, *rest = rest
        if first.added_by and first.added_by == heard:
            assert {each.added_by for each in rest} <= {heard}
        heard = first.added_by


@settings(deadline=None)
@given(queues(), turns)
def test_playing_the_first_leaves_the_others_in_their_order(
    queue: list[Queued], last: dict[UUID, float]
) -> None:
    first, *rest = fair(queue, last)
    heard = {**last, first.added_by: 1000.0} if first.added_by else last
    assert fair(rest, heard) == rest


@settings(deadline=None)
@given(st.lists(st.sampled_from(PEOPLE), min_size=3), st.integers(1, 6))
def test_nobody_starves_behind_people_who_keep_adding(adders: list[UUID], patience: int) -> None:
    queue = [item(n, person) for n, person in enumerate([*PEOPLE, *adders] * patience)]
    last: dict[UUID, float] = {}
    heard: Counter[UUID | None] = Counter()
    waiting = Counter(each.added_by for each in queue)
    while all(heard[person] < waiting[person] for person in PEOPLE):
        first, *queue = fair(queue, last)
        heard[first.added_by] += 1
        last |= {first.added_by: float(heard.total())} if first.added_by else {}
        assert max(heard.values()) - min(heard[person] for person in PEOPLE) <= 1


@settings(deadline=None)
@given(st.data(), queues(), st.integers(-1, 9))
def test_in_a_fifo_a_move_puts_an_item_exactly_there(
    data: st.DataObject, queue: list[Queued], index: int
) -> None:
    it = data.draw(st.sampled_from(queue))
    expected = [each for each in numbers(fifo(queue)) if each != it.id.int]
    expected.insert(max(0, index), it.id.int)
    ranks = moved(queue, it, index, QueueOrder.FIFO, {})
    assert numbers(fifo(after_move(queue, ranks))) == expected


@settings(deadline=None)
@given(st.data(), queues(), orders, st.integers(-1, 9))
def test_a_move_passes_its_peers_and_nobody_else(
    data: st.DataObject, queue: list[Queued], order: QueueOrder, index: int
) -> None:
    it = data.draw(st.sampled_from(queue))
    ranks = moved(queue, it, index, order, {})
    assert all(ranks.get(each.id) != each.rank for each in queue)
    others = [each for each in ordered(queue, order, {}) if each != it]
    peers = [each for each in others if peer_key(each, order) == peer_key(it, order)]
    peers.insert(len([each for each in others[: max(0, index)] if each in peers]), it)
    after = ordered(after_move(queue, ranks), order, {})
    assert [each for each in numbers(after) if each in numbers(peers)] == numbers(peers)
    before = ordered(queue, order, {})
    assert [peer_key(it, order) for it in after] == [peer_key(it, order) for it in before]


def test_a_move_to_where_it_is_changes_nothing() -> None:
    queue = [item(1), item(2), item(3)]
    assert moved(queue, queue[1], 1, QueueOrder.FIFO, {}) == {}
    assert moved(queue, queue[2], 99, QueueOrder.FIFO, {}) == {}


def test_in_turn_by_person_only_ones_own_items_change_places() -> None:
    queue = [item(1), item(2), item(3, BOB), item(4, BOB)]
    ranks = moved(queue, queue[1], 0, QueueOrder.FAIR, {})
    assert numbers(fair(after_move(queue, ranks), {})) == [2, 3, 1, 4]


@pytest.mark.parametrize("index", [0, 1])
def test_a_move_past_more_votes_stops_behind_them(index: int) -> None:
    queue = [item(1, rank=9, votes=1), item(2), item(3)]
    ranks = moved(queue, queue[2], index, QueueOrder.VOTES, {})
    assert numbers(votes(after_move(queue, ranks))) == [1, 3, 2]


def test_a_queue_can_be_moved_about_for_ever() -> None:
    queue = [item(1), item(2), item(3)]
    for _ in range(500):
        last = fifo(queue)[-1]
        expected = [numbers(fifo(queue))[0], last.id.int, numbers(fifo(queue))[1]]
        queue = after_move(queue, moved(queue, last, 1, QueueOrder.FIFO, {}))
        assert numbers(fifo(queue)) == expected


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, 1.0), (1e300, None), (0.0, 5e-324)])
def test_between_some_ranks_there_is_none(low: float, high: float | None) -> None:
    assert rank_between(low, high) is None


def test_a_new_item_comes_after_the_last() -> None:
    assert rank_between(None, None) == 0
    assert (rank_between(7, None) or 0) > 7 > (rank_between(None, 7) or 7)


@pytest.mark.parametrize(
    ("listeners", "needed"), [(0, 1), (1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (200, 101)]
)
def test_more_than_half_of_the_listeners_can_skip(listeners: int, needed: int) -> None:
    assert skip_votes_needed(listeners) == needed


ON, NEXT = item(1), item(2)
ENDED = Finished(ON.track_id, ON, Ending.ENDED)
SKIPPED = replace(ENDED, ending=Ending.SKIPPED)
REMOVED = replace(ENDED, ending=Ending.REMOVED)
UNQUEUED = replace(ENDED, item=None)
AGAIN = Again(ON.track_id, ON)


@pytest.mark.parametrize(
    ("finished", "repeat", "then_with_a_queue", "then_without"),
    [
        (None, Repeat.QUEUE, FromQueue(NEXT, None), FromAutoplay(TRACK)),
        (ENDED, Repeat.OFF, FromQueue(NEXT, None), FromAutoplay(TRACK)),
        (ENDED, Repeat.TRACK, AGAIN, AGAIN),
        (SKIPPED, Repeat.TRACK, FromQueue(NEXT, None), FromAutoplay(TRACK)),
        (REMOVED, Repeat.TRACK, FromQueue(NEXT, None), FromAutoplay(TRACK)),
        (UNQUEUED, Repeat.TRACK, Again(ON.track_id, None), Again(ON.track_id, None)),
        (ENDED, Repeat.QUEUE, FromQueue(NEXT, ON), AGAIN),
        (SKIPPED, Repeat.QUEUE, FromQueue(NEXT, ON), AGAIN),
        (REMOVED, Repeat.QUEUE, FromQueue(NEXT, None), FromAutoplay(TRACK)),
        (UNQUEUED, Repeat.QUEUE, FromQueue(NEXT, None), FromAutoplay(TRACK)),
    ],
)
def test_the_queue_the_repeat_and_the_playlist_decide_what_follows(
    finished: Finished | None, repeat: Repeat, then_with_a_queue: object, then_without: object
) -> None:
    assert what_follows(finished, [NEXT, item(3)], repeat, TRACK) == then_with_a_queue
    assert what_follows(finished, [], repeat, TRACK) == then_without


@pytest.mark.parametrize("repeat", Repeat)
def test_a_room_with_nothing_left_falls_silent(repeat: Repeat) -> None:
    for finished in (None, REMOVED):
        assert what_follows(finished, [], repeat, None) == Silence()
