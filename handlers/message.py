"""`message…`: saying something in a channel, and reading what was said."""

from functools import partial
from typing import Any
from uuid import UUID

from handlers.caller import Caller
from handlers.registry import event
from handlers.services import text_channel, user_channel
from models.channel import Channel
from models.cursor import Page
from models.message import Message
from models.message_list import Slice, visible_message
from models.message_read import Reading, mark_read
from models.message_send import Draft, Sent
from schemas.base import dump
from schemas.channel import ChannelRead
from schemas.message import (
    MessageGet,
    MessageList,
    MessageMarkedRead,
    MessageMarkRead,
    MessageReply,
    MessageSend,
    MessageSent,
)


@event("message", MessageSend, reply=MessageReply, limit="30/10s")
async def send(caller: Caller, **given: Any) -> dict[str, Any]:
    """Say something in a channel; without `channelId` in the default server's `#general`."""
    caller.user.status = caller.user.chosen_status  # they are here: this is their socket
    draft = Draft(caller.user, given)
    sent = await draft.send(caller.now, partial(dump, MessageSent), partial(tell, caller))
    return sent.data


def tell(caller: Caller, sent: Sent) -> None:
    """Say what has been sent to all who hear its channel."""
    channel = text_channel(sent.channel_id)
    caller.tell(channel, MessageSent, sent.data, order=(channel, sent.seq))


@event("message:get", MessageGet, reply=MessageReply)
async def get(caller: Caller, message_id: UUID) -> Message:
    """One message."""
    message = await visible_message(caller.user, message_id)
    await caller.services.presence.mark([message.author] if message.author else [])
    return message


@event("message:list", MessageList, reply=MessageReply, many=True)
async def list_messages(caller: Caller, channel_id: UUID, **which: Any) -> Page[Message]:
    """Messages of a channel, oldest first: the newest, or those next to one of them."""
    channel = await Channel.open_to(caller.user, channel_id)
    page = await Slice(**which).of(channel)
    await caller.services.presence.mark(row.author for row in page.items if row.author)
    return page


@event("message:mark_read", MessageMarkRead, reply=MessageMarkedRead, limit="60/10s")
async def mark(caller: Caller, channel_id: UUID, message_id: UUID) -> Reading:
    """The caller has read a channel up to a message."""
    channel = await Channel.open_to(caller.user, channel_id)
    reading = await mark_read(caller.user, channel, message_id, caller.now)
    if reading.moved:
        mine, this_one = user_channel(caller.user.id), caller.sid
        caller.services.tell(mine, ChannelRead, reading, spared=[this_one])
    return reading
