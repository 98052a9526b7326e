"""Votes to skip what is on: one a user, counted over those who are connected.

A vote passes when it reaches its threshold at the moment of a vote or of a listener leaving the
room. Who only loses their connection is not counted, and lowers the threshold, from the next vote
on: a network that stumbles skips nothing by itself.
"""

from dataclasses import dataclass
from uuid import UUID

from models.playback import PlaybackConflict
from models.playback_follow import skip
from models.playback_stage import Stage
from models.playback_status import Reason
from models.queue import SkipVote
from models.queue_order import skip_votes_needed


@dataclass(frozen=True, slots=True)
class SkipCount:
    """How many connected listeners want to skip, and how many it takes."""

    votes: int
    needed: int

    @property
    def passes(self) -> bool:
        return self.votes >= self.needed


async def vote_skip(stage: Stage, item_id: UUID, user_id: UUID, now_ms: float) -> SkipCount:
    """Vote to skip that item, and skip it where it has enough votes. Voting again changes nothing.

    `PlaybackConflict` where another item is on: nobody skips what they have not heard of.
    """
    if stage.state.queue_item_id != item_id:
        raise PlaybackConflict("That item is not on.", stage.state)
    await SkipVote.get_or_create(item_id=item_id, user_id=user_id)
    return await _decide(stage, item_id, now_ms)


async def withdraw(stage: Stage, user_id: UUID, now_ms: float) -> None:
    """A listener has left: their vote is gone, and those of the others may now be enough."""
    item_id = stage.state.queue_item_id
    if item_id is not None:
        await SkipVote.filter(item_id=item_id, user_id=user_id).delete()
        await _decide(stage, item_id, now_ms)


async def _decide(stage: Stage, item_id: UUID, now_ms: float) -> SkipCount:
    listeners = set(await stage.listeners())
    votes = await SkipVote.filter(item_id=item_id)
    voters = {vote.user_id for vote in votes} & listeners
    count = SkipCount(len(voters), skip_votes_needed(len(listeners)))
    if count.passes:
        await skip(stage, Reason.VOTE_SKIP, now_ms, None)
    return count
