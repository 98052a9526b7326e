"""How far somebody has read, and how much they have not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.channel import Channel
from models.errors import NotFound
from models.message import Message
from models.row import new_id
from models.sql import rows
from models.user import User

# What lies further back is not counted: opening a client must not cost more with the years.
COUNTED_EVENTS = 1000

MOVE_MARK = """
    INSERT INTO read_marks (id, user_id, channel_id, number, created_at)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (user_id, channel_id) DO UPDATE SET number = excluded.number
    WHERE read_marks.number < excluded.number
    RETURNING number
"""
# Without a mark: what was said since the user has been there.
COUNT_UNREAD = """
    SELECT channels.id AS id, COUNT(messages.id) AS unread
    FROM channels
    JOIN users ON users.id = $1
    LEFT JOIN read_marks ON read_marks.user_id = users.id AND read_marks.channel_id = channels.id
    LEFT JOIN room_members
        ON room_members.user_id = users.id AND room_members.room_id = channels.room_id
    LEFT JOIN messages
        ON messages.channel_id = channels.id
        AND messages.number > COALESCE(read_marks.number, 0)
        AND messages.number > channels.last_seq - $2
        AND (messages.author_id IS NULL OR messages.author_id <> users.id)
        AND (read_marks.number IS NOT NULL
             OR messages.sent_at >= COALESCE(room_members.joined_at, users.created_at))
    WHERE channels.id IN ({places})
    GROUP BY channels.id
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is left to read after a user has read up to a message; `moved`: they had not before."""

    channel_id: UUID
    message_id: UUID
    unread: int
    moved: bool


async def mark_read(user: User, channel: Channel, message_id: UUID, now: datetime) -> Reading:
    """`user` has read `channel` up to that message. The mark never moves backwards."""
    message = await Message.get_or_none(id=message_id, channel_id=channel.id)
    if message is None:
        raise NotFound("There is no such message in this channel.")
    moved = await rows(MOVE_MARK, new_id(), user.id, channel.id, message.number, now)
    unread = await unread_of(user.id, [channel.id])
    return Reading(channel.id, message.id, unread[channel.id], moved=bool(moved))


async def unread_of(user_id: UUID, channel_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many messages of others the user has not read in each channel; one query."""
    if not channel_ids:
        return {}
    places = ", ".join(f"${number}" for number in range(3, 3 + len(channel_ids)))
    statement = COUNT_UNREAD.format(places=places)
    found = await rows(statement, user_id, COUNTED_EVENTS, *channel_ids)
    return {UUID(str(row["id"])): row["unread"] for row in found}
