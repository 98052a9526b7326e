"""Reading a channel: one message, and the slices of its history."""

from dataclasses import dataclass
from uuid import UUID

from tortoise.queryset import QuerySet

from models.channel import Channel
from models.cursor import Page
from models.errors import NotFound, ValidationFailed
from models.message import Message
from models.user import User

ABSENT = "There is no such message."


async def visible_message(user: User, message_id: UUID) -> Message:
    """A message, with its author, of a channel that `user` may read; else `NotFound`."""
    message = await Message.get_or_none(id=message_id).select_related("author")
    if message is None:
        raise NotFound(ABSENT)
    try:
        await Channel.open_to(user, message.channel_id)
    except NotFound:
        raise NotFound(ABSENT) from None
    return message


@dataclass(frozen=True, slots=True)
class Slice:
    """Which messages of a channel: its newest, or those next to one; at most one is given."""

    limit: int
    before: UUID | None = None
    after: UUID | None = None
    around: UUID | None = None

    async def of(self, channel: Channel) -> Page[Message]:
        """The messages with their authors, oldest first.

        `hasMore` says whether there are more in the direction that was asked for (`around`: in
        either), `lastSeq` which of the channel's events they take into account at least.
        """
        pivot = await self._number(channel.id)
        rows = Message.filter(channel_id=channel.id).select_related("author")
        if pivot is None:
            found, more = await older(rows, self.limit)
        elif self.before:
            found, more = await older(rows.filter(number__lt=pivot), self.limit)
        elif self.after:
            found, more = await newer(rows.filter(number__gt=pivot), self.limit)
        else:
            found, more = await around(rows, pivot, self.limit)
        return Page(found, meta={"hasMore": more, "lastSeq": channel.last_seq})

    async def _number(self, channel_id: UUID) -> int | None:
        """The number of the message that is named; None where none is."""
        named = [name for name in (self.before, self.after, self.around) if name is not None]
        if not named:
            return None
        if len(named) > 1:
            only_one = "Give at most one of before, after and around."
            raise ValidationFailed.of("before", "invalid", only_one)
        message = await Message.get_or_none(id=named[0], channel_id=channel_id)
        if message is None:
            raise NotFound("There is no such message in this channel.")
        number: int = message.number
        return number


async def older(rows: QuerySet[Message], limit: int) -> tuple[list[Message], bool]:
    """The last `limit` of `rows`, oldest first, and whether there are more before them."""
    found = await rows.order_by("-number").limit(limit + 1)
    return found[:limit][::-1], len(found) > limit


async def newer(rows: QuerySet[Message], limit: int) -> tuple[list[Message], bool]:
    """The first `limit` of `rows`, oldest first, and whether there are more after them."""
    found = await rows.order_by("number").limit(limit + 1)
    return found[:limit], len(found) > limit


async def around(rows: QuerySet[Message], number: int, limit: int) -> tuple[list[Message], bool]:
    """The message of that `number` in the middle of its neighbours, `limit` in all."""
    before, more_before = await older(rows.filter(number__lte=number), limit - limit // 2)
    after, more_after = await newer(rows.filter(number__gt=number), limit // 2)
    return before + after, more_before or more_after
