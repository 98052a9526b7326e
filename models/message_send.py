"""Sending messages: who may, in which channel, once for each nonce, stored before they are said."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from models.batch import Batch
from models.channel import Channel
from models.errors import Conflict, Forbidden, NotFound
from models.message import Message
from models.message_batch import NewMessage, store, store_readable
from models.message_log import as_first_said
from models.message_sql import EVENT
from models.nonce import Nonce, NonceUsedError, hash_payload
from models.sql import is_sqlite
from models.user import User

AsSaid = Callable[[NewMessage], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Sent:
    """A message as it is said on the wire."""

    channel_id: UUID
    seq: int
    data: dict[str, Any]


Tell = Callable[[Sent], None]


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to say; `given` is all that they gave, which a nonce stands for."""

    author: User
    given: dict[str, Any] = field(repr=False)

    async def send(self, now: datetime, as_said: AsSaid, tell: Tell | None = None) -> Sent:
        """Store it with its place in the channel's log; when this returns, it is committed.

        `as_said` gives a message's form on the wire, which goes into the log as it is, but for its
        `seq`. `tell` is called for what was stored now, in the order of the log, also when whoever
        waits for this has been cancelled: what is in the log is said.
        """
        if self.given.get("user_id", self.author.id) != self.author.id:
            raise Forbidden("You can only write as yourself.")
        try:
            return await SENDING.do(Sending(self, now, as_said, tell))
        except NonceUsedError:
            return await self._first(now)

    async def _first(self, now: datetime) -> Sent:
        first = await Nonce.first_result(self.author.id, self.given["nonce"], self.payload, now)
        if first is None:
            raise Conflict("This nonce is in use. Please try again.")
        data = await as_first_said(first)
        return Sent(UUID(data["channelId"]), data["seq"], data)

    @property
    def payload(self) -> dict[str, Any]:
        """What its nonce stands for."""
        return {"event": EVENT, **self.given}


@dataclass(frozen=True, slots=True, eq=False)
class Sending:
    """A draft on its way, with what `Draft.send` was given."""

    draft: Draft
    now: datetime
    as_said: AsSaid
    tell: Tell | None

    @property
    def to(self) -> tuple[UUID, UUID | None]:
        """Who sends it, and to which channel."""
        return self.draft.author.id, self.draft.given.get("channel_id")

    @property
    def mark(self) -> Any:
        """What no other has that waits with it: by its nonce it may be the same message."""
        nonce = self.draft.given.get("nonce")
        return (self.draft.author.id, nonce) if nonce else self

    def message(self, channel: Channel | None, replies: set[tuple[UUID, UUID]]) -> NewMessage:
        """The message to store, if its author may write it there.

        `replies` are the messages that can be replied to: their channels' and their own ids.
        """
        given, author = self.draft.given, self.draft.author
        if channel is None:
            raise NotFound("There is no such channel.")
        channel.check_writer(author)
        reply_to = given.get("reply_to")
        if reply_to and (channel.id, reply_to) not in replies:
            raise NotFound("There is no such message to reply to.")
        return self._in(channel.id, reply_to)

    def simple_message(self) -> NewMessage | None:
        """The message, if no more is to be asked than whether its author reads the channel."""
        channel_id = self.draft.given.get("channel_id")
        if channel_id is None or self.draft.given.get("reply_to") is not None:
            return None
        return self._in(channel_id, None)

    def _in(self, channel_id: UUID, reply_to: UUID | None) -> NewMessage:
        draft, nonce = self.draft, self.draft.given.get("nonce")
        payload_hash = hash_payload(draft.payload) if nonce else None
        content = draft.given["content"]
        message = NewMessage(
            channel_id, draft.author, content, nonce, reply_to, self.now, payload_hash
        )
        message.data = self.as_said(message)
        return message

    def sent(self, message: NewMessage) -> Sent | Exception:
        """What has been stored, told to those who hear it."""
        sent = Sent(message.channel_id, message.seq, message.data)
        try:
            if self.tell:
                self.tell(sent)
        except Exception as error:  # noqa: BLE001 - those after it are to be told all the same
            return error
        return sent


async def send_all(sendings: Sequence[Sending]) -> list[Sent | Exception]:
    """Send what waits. Of those with one nonce the first goes first, and decides for the rest."""
    results: dict[Sending, Sent | Exception] = {}
    while left := [sending for sending in sendings if sending not in results]:
        # Turned round, so that it is the first of each nonce that stays.
        different = {sending.mark: sending for sending in reversed(left)}.values()
        results |= await _send_different(list(different)[::-1])
    return [results[sending] for sending in sendings]


async def _send_different(sendings: Sequence[Sending]) -> dict[Sending, Sent | Exception]:
    """Check, store and tell them; no two have the same nonce."""
    results = {} if is_sqlite() else await _send_simple(sendings)
    sendings = [sending for sending in sendings if sending not in results]
    if not sendings:
        return results
    messages: dict[Sending, NewMessage] = {}
    channels = await Channel.each_open_to([sending.to for sending in sendings])
    replies = await _existing([sending.draft.given.get("reply_to") for sending in sendings])
    for sending, channel in zip(sendings, channels, strict=True):
        try:
            messages[sending] = sending.message(channel, replies)
        except Exception as error:  # noqa: BLE001 - it concerns nobody but who sent this
            results[sending] = error
    now = max(sending.now for sending in sendings)
    refusals = await store(list(messages.values()), now) if messages else []
    for (sending, message), refusal in zip(messages.items(), refusals, strict=True):
        results[sending] = refusal or sending.sent(message)
    return results


async def _send_simple(sendings: Sequence[Sending]) -> dict[Sending, Sent | Exception]:
    """Store and tell those of whom nothing else is to be asked; the rest are not in the result."""
    messages = {sending: sending.simple_message() for sending in sendings}
    simple = {sending: message for sending, message in messages.items() if message}
    now = max(sending.now for sending in sendings)
    refusals = await store_readable(list(simple.values()), now) if simple else None
    results: dict[Sending, Sent | Exception] = {}
    for (sending, message), refusal in zip(simple.items(), refusals or (), strict=False):
        if not isinstance(refusal, NotFound):
            results[sending] = refusal or sending.sent(message)
    return results


async def _existing(message_ids: Sequence[UUID | None]) -> set[tuple[UUID, UUID]]:
    """Those messages that there are, each with its channel before it."""
    wanted = {message_id for message_id in message_ids if message_id}
    if not wanted:
        return set()
    found = await Message.filter(id__in=wanted).values_list("channel_id", "id")
    return {(channel_id, message_id) for channel_id, message_id in found}


SENDING = Batch("messages", send_all)
