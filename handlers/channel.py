"""`channel:…`: what a channel is, and what of it was missed."""

from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.registry import event
from models.channel import Channel
from models.message_log import logged, missed_since
from realtime.manager import FanOutManager
from realtime.packet import encode
from realtime.sequencer import Deliver, Missing
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


def channel_log(manager: FanOutManager) -> Missing:
    """For the sequencer: reads what did not arrive of a channel's events out of its log."""

    async def missing(stream: str, first: int, last: int) -> dict[int, Deliver]:
        if not manager.sids(stream):
            return {}
        channel_id = UUID(stream.removeprefix("channel:"))
        return {row.seq: say(row.event, row.data) for row in await logged(channel_id, first, last)}

    def say(name: str, data: Any) -> Deliver:
        return lambda stream: manager.deliver(stream, encode(name, data))

    return missing
