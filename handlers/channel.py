"""`channel:…`: what a channel is, and what of it was missed."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.registry import event
from models.channel import Channel
from models.message_log import logged, missed_since
from realtime.manager import FanOutManager
from realtime.message import LOGGED, subject
from realtime.packet import encode
from schemas.channel import ChannelGet, ChannelReply, ChannelSync, ChannelSynced


@event("channel:get", ChannelGet, reply=ChannelReply)
async def get(caller: Caller, channel_id: UUID) -> Channel:
    """One channel that the caller may read."""
    return await Channel.open_to(caller.user, channel_id)


@event("channel:sync", ChannelSync, reply=ChannelSynced)
async def sync(caller: Caller, channel_id: UUID, since: int) -> dict[str, Any]:
    """The events of a channel after number `since`, in order, at most 300 of them."""
    channel = await Channel.open_to(caller.user, channel_id)
    events = await missed_since(channel, since)
    return {"recovered": False} if events is None else {"recovered": True, "events": events}


async def channel_log(stream: str, first: int, last: int) -> list[tuple[int, str]]:
    """What was said of a channel, as it was said, out of its log: for the bus to fill holes."""
    rows = await logged(UUID(subject(stream)), first, last)
    return [(row.seq, encode(row.event, row.data)) for row in rows]


async def hear(manager: FanOutManager, topics: Collection[str]) -> None:
    """Have this process hear topics, and know where each channel begins that it did not hear."""
    new = await manager.listen(topics)
    channels = [UUID(subject(topic)) for topic in new if topic.startswith(LOGGED)]
    for channel_id, last_seq in (await Channel.last_seqs(channels)).items():
        manager.begin(f"{LOGGED}{channel_id}", last_seq)
