"""What a room plays next: three orders of a queue, moves by hand, and what follows a track.

Each item has a `rank`, its place by hand, and `moved` gives it another. What that does:

- `fifo`: the rank is the place, so an item can go anywhere;
- `fair`: people take turns, and ranks only order one person's own items;
- `votes`: the votes decide, and ranks only order items with as many votes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain, zip_longest
from math import inf
from uuid import UUID

from models.room import QueueOrder, Repeat

RANK_GAP = 1024.0


@dataclass(frozen=True, slots=True)
class Queued:
    """A track in the queue. `votes` is their sum; `added_by` is None where that user is gone."""

    id: UUID
    track_id: UUID
    added_by: UUID | None
    added_at_ms: float
    rank: float
    votes: int = 0


def ordered(
    items: Iterable[Queued], order: QueueOrder, last_turns: Mapping[UUID, float]
) -> list[Queued]:
    """The queue as the room will hear it; `last_turns` matters to `fair` alone."""
    if order is QueueOrder.FAIR:
        return fair(items, last_turns)
    return votes(items) if order is QueueOrder.VOTES else fifo(items)


def fifo(items: Iterable[Queued]) -> list[Queued]:
    """First come, first served, but for what has been moved by hand."""
    return sorted(items, key=_place)


def votes(items: Iterable[Queued]) -> list[Queued]:
    """The most wanted first, and among equals as in `fifo`."""
    return sorted(items, key=lambda item: (-item.votes, *_place(item)))


def fair(items: Iterable[Queued], last_turns: Mapping[UUID, float]) -> list[Queued]:
    """In turn by person: first who has waited longest since an item of theirs was put on.

    `last_turns` says when that was (ms). Who had no turn yet comes before those who had, by their
    oldest items; an item whose user is gone stands for a person of its own. So nobody has two turns
    in a row while another waits, nobody who waits is passed over twice by the same person, and
    putting the first item on leaves the others in their order. The algorithm is the round robin
    known as least recently served.
    """
    by_person: dict[UUID, list[Queued]] = {}
    for item in fifo(items):
        by_person.setdefault(item.added_by or item.id, []).append(item)

    def waiting_since(person: UUID) -> tuple[float, float, UUID]:
        oldest_ms = min(item.added_at_ms for item in by_person[person])
        return last_turns.get(person, -inf), oldest_ms, person

    turns = (by_person[person] for person in sorted(by_person, key=waiting_since))
    return [item for item in chain.from_iterable(zip_longest(*turns)) if item is not None]


def moved(
    items: Sequence[Queued],
    item: Queued,
    index: int,
    order: QueueOrder,
    last_turns: Mapping[UUID, float],
) -> dict[UUID, float]:
    """The ranks to store so that `item` gets to `index` of the queue as it is shown.

    Where the order does not let it go there, it comes as near as its peers allow: it passes those
    of them that stand between. Mostly one rank changes, or none; where no number is left between
    two neighbours, the queue is numbered anew. An index beyond the queue means its end.
    """
    queue, index = ordered(items, order, last_turns), max(0, index)
    queue.remove(item)
    ahead = [other for other in queue[:index] if _are_peers(item, other, order)]
    behind = [other for other in queue[index:] if _are_peers(item, other, order)]
    if fifo([*ahead, item, *behind]) == [*ahead, item, *behind]:
        return {}
    low, high = (ahead[-1] if ahead else None), (behind[0] if behind else None)
    rank = rank_between(low.rank if low else None, high.rank if high else None)
    return _numbered_anew(items, item, low) if rank is None else {item.id: rank}


def rank_between(low: float | None, high: float | None) -> float | None:
    """A rank between two neighbours (None: the end of the queue), or None where none is left.

    `rank_between(greatest, None)` is the rank of a new item. Ranks are floats with gaps of 1024,
    and one gap takes dozens of moves to the same place.
    """
    if low is None:
        return 0.0 if high is None else high - RANK_GAP
    middle = low + RANK_GAP if high is None else low + (high - low) / 2
    return middle if low < middle < (inf if high is None else high) else None


class Ending(StrEnum):
    """How a track came to its end."""

    ENDED = "ended"
    SKIPPED = "skipped"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Finished:
    """The track that was on, and the queue item it came from, if any."""

    track_id: UUID
    item: Queued | None
    ending: Ending


@dataclass(frozen=True, slots=True)
class Again:
    """The same track from its start, still of the same queue item."""

    track_id: UUID
    item: Queued | None


@dataclass(frozen=True, slots=True)
class FromQueue:
    """`item` leaves the queue and is put on; `requeue` returns to the end, without its votes."""

    item: Queued
    requeue: Queued | None


@dataclass(frozen=True, slots=True)
class FromAutoplay:
    """The next track of the room's playlist."""

    track_id: UUID


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing: the room stops."""


Following = Again | FromQueue | FromAutoplay | Silence


def what_follows(
    finished: Finished | None, queue: Sequence[Queued], repeat: Repeat, autoplay: UUID | None
) -> Following:
    """Decide what comes on after `finished`, or in a room where nothing was on (None).

    `queue` is in its order and without the item that was on; `autoplay` is the next track of the
    room's playlist. A track is repeated only when it ended by itself: a skip means on. A repeated
    queue keeps its skipped items; only what came from the queue returns to it. Nothing brings back
    a track that was removed.
    """
    if finished and repeat is Repeat.TRACK and finished.ending is Ending.ENDED:
        return Again(finished.track_id, finished.item)
    returns = finished and repeat is Repeat.QUEUE and finished.ending is not Ending.REMOVED
    requeue = finished.item if finished and returns else None
    if queue:
        return FromQueue(queue[0], requeue)
    if requeue:
        return Again(requeue.track_id, requeue)
    return FromAutoplay(autoplay) if autoplay else Silence()


def skip_votes_needed(connected_listeners: int) -> int:
    """How many users must want a skip: more than half of those connected, and at least one."""
    return max(1, connected_listeners // 2 + 1)


def _place(item: Queued) -> tuple[float, float, UUID]:
    return item.rank, item.added_at_ms, item.id


def _are_peers(one: Queued, other: Queued, order: QueueOrder) -> bool:
    if order is QueueOrder.FAIR:
        return (one.added_by or one.id) == (other.added_by or other.id)
    return order is QueueOrder.FIFO or one.votes == other.votes


def _numbered_anew(items: Sequence[Queued], item: Queued, low: Queued | None) -> dict[UUID, float]:
    queue = [other for other in fifo(items) if other.id != item.id]
    queue.insert(queue.index(low) + 1 if low else 0, item)
    ranks = {other.id: place * RANK_GAP for place, other in enumerate(queue)}
    return {other.id: ranks[other.id] for other in items if ranks[other.id] != other.rank}
