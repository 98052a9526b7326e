"""`typing`: who is writing."""

from uuid import UUID

from config.redis import PREFIX
from handlers.caller import Caller
from handlers.registry import event
from handlers.services import text_channel
from models.channel import Channel
from schemas.typing import Typing, TypingStart

ONCE_IN_MS = 3000


@event("typing", TypingStart, limit="60/10s")
async def typing(caller: Caller, channel_id: UUID) -> None:
    """Tell the others of a channel that the caller is writing; they hear it at most once in 3 s."""
    channel = await Channel.open_to(caller.user, channel_id)
    channel.check_writer(caller.user)
    key = f"{PREFIX}typing:{channel_id}:{caller.user.id}"
    if await caller.services.redis.set(key, 1, nx=True, px=ONCE_IN_MS):
        value = {"channel_id": channel_id, "user_id": caller.user.id}
        caller.tell(text_channel(channel_id), Typing, value, others_only=True)
