"""The log of a channel: every event numbered in the order of commit, without a hole.

The number is taken by an UPDATE of the channel's row in the transaction that writes the event. The
row stays locked until the commit: so nobody gets the next number before this one is there to be
read, and a transaction that fails gives its number back.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from tortoise.transactions import in_transaction

from models.channel import Channel
from models.errors import NotFound
from models.local_lock import local_lock
from models.message import ChannelEvent
from models.sql import rows

MAX_MISSED = 300

NEXT_SEQ = "UPDATE channels SET last_seq = last_seq + 1 WHERE id = $1 RETURNING last_seq"


@asynccontextmanager
async def writing_to(channel_id: UUID) -> AsyncIterator[None]:
    """A transaction for the one who writes to a channel now: a change of a message, say.

    New messages are written together (`models.message_batch`), with the same lock of the row: it
    is to be taken first (`next_seq`), before any other that they take.

    The lock within this process comes first, so that those who wait for a busy channel
    do not each hold a connection to the database.
    """
    async with local_lock(f"channel:{channel_id}"), in_transaction():
        yield


async def next_seq(channel_id: UUID) -> int:
    """The number of the event that this transaction writes; the channel is locked from now on."""
    taken = await rows(NEXT_SEQ, channel_id)
    if not taken:
        raise NotFound("There is no such channel.")
    seq: int = taken[0]["last_seq"]
    return seq


async def missed_since(channel: Channel, seq: int) -> list[ChannelEvent] | None:
    """The events after `seq`, in order; None where they are too many, or not all there."""
    if seq > channel.last_seq or channel.last_seq - seq > MAX_MISSED:
        return None
    events = await logged(channel.id, seq + 1, seq + MAX_MISSED + 1)
    numbers = [event.seq for event in events]
    # There may be more than `last_seq` says, which was read before.
    whole = numbers == list(range(seq + 1, seq + 1 + len(numbers)))
    reached = seq + len(numbers) >= channel.last_seq
    return events if whole and reached and len(numbers) <= MAX_MISSED else None


async def logged(channel_id: UUID, first: int, last: int) -> list[ChannelEvent]:
    """A channel's events from number `first` to `last`, both included, in order."""
    between = ChannelEvent.filter(channel_id=channel_id, seq__gte=first, seq__lte=last)
    return await between.order_by("seq")


async def as_first_said(message_id: UUID) -> dict[str, Any]:
    """A message as it was when it was sent."""
    said = await ChannelEvent.filter(message_id=message_id).order_by("seq").first()
    if said is None:
        raise NotFound("There is no such message.")
    data: dict[str, Any] = said.data
    return data
