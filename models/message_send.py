"""Sending a message: who may, in which channel, once for each nonce, stored before it is said."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from models.channel import Channel
from models.errors import Conflict, Forbidden, NotFound
from models.message import Message
from models.message_log import as_first_said, next_seq, writing_to
from models.nonce import Nonce, NonceUsedError
from models.row import new_id
from models.sql import rows
from models.user import User

EVENT = "message"
AsSaid = Callable[[Message], dict[str, Any]]

ADD_MESSAGE = """
    INSERT INTO messages (id, channel_id, author_id, content, nonce, reply_to_id,
                          edited, pinned, seq, number, created_at, sent_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, FALSE, FALSE, $7, $7, $8, $8, $8)
"""
ADD_EVENT = """
    INSERT INTO channel_events (channel_id, seq, event, message_id, data)
    VALUES ($1, $2, $3, $4, $5)
"""


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it is said on the wire; `again` where its nonce had sent it before."""

    channel_id: UUID
    seq: int
    data: dict[str, Any]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to say; `given` is all that they gave, which a nonce stands for."""

    author: User
    given: dict[str, Any] = field(repr=False)

    async def send(self, now: datetime, as_said: AsSaid) -> Sent:
        """Store it with its place in the channel's log; when this returns, it is committed.

        `as_said` gives a message's form on the wire, which goes into the log as it is.
        """
        if self.given.get("user_id", self.author.id) != self.author.id:
            raise Forbidden("You can only write as yourself.")
        channel = await Channel.open_to(self.author, self.given.get("channel_id"))
        channel.check_writer(self.author)
        if reply_to := self.given.get("reply_to"):
            await check_reply(channel.id, reply_to)
        try:
            return await self._store(channel.id, now, as_said)
        except NonceUsedError:
            return await self._first(now)

    async def _store(self, channel_id: UUID, now: datetime, as_said: AsSaid) -> Sent:
        message = self._message(channel_id, now)
        async with writing_to(channel_id):
            if nonce := message.nonce:
                await Nonce.use(self.author.id, nonce, self._payload, message.id, now)
            message.seq = message.number = await next_seq(channel_id)
            data = as_said(message)
            await add(message, data)
        return Sent(channel_id, message.seq, data)

    def _message(self, channel_id: UUID, now: datetime) -> Message:
        return Message(
            id=new_id(),
            channel_id=channel_id,
            author=self.author,
            content=self.given["content"],
            nonce=self.given.get("nonce"),
            reply_to_id=self.given.get("reply_to"),
            seq=0,
            number=0,
            created_at=now,
            sent_at=now,
            updated_at=now,
        )

    async def _first(self, now: datetime) -> Sent:
        first = await Nonce.first_result(self.author.id, self.given["nonce"], self._payload, now)
        if first is None:
            raise Conflict("This nonce is in use. Please try again.")
        data = await as_first_said(first)
        return Sent(UUID(data["channelId"]), data["seq"], data, again=True)

    @property
    def _payload(self) -> dict[str, Any]:
        return {"event": EVENT, **self.given}


async def check_reply(channel_id: UUID, message_id: UUID) -> None:
    """`NotFound` unless that message is in the channel."""
    if not await Message.exists(id=message_id, channel_id=channel_id):
        raise NotFound("There is no such message to reply to.")


async def add(message: Message, data: dict[str, Any]) -> None:
    """Write a new message and its event; the ORM's own way takes thrice the time."""
    await rows(
        ADD_MESSAGE,
        message.id,
        message.channel_id,
        message.author_id,
        message.content,
        message.nonce,
        message.reply_to_id,
        message.seq,
        message.sent_at,
    )
    text = orjson.dumps(data).decode()
    await rows(ADD_EVENT, message.channel_id, message.seq, EVENT, message.id, text)
