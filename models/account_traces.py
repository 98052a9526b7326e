"""What a deleted user leaves in rooms and in the logs of channels."""

from datetime import datetime
from uuid import UUID

import orjson

from models.member import Member
from models.queue import QueueItem
from models.room import Room
from models.room_door import dismiss
from models.room_news import Departure
from models.sql import is_sqlite, rows

BATCH = 500

# The rooms that are open, whose lock must be held to change what is in them.
ROOMS = """
    SELECT rooms.id FROM rooms JOIN (
        SELECT room_id FROM room_members WHERE user_id = $1
        UNION SELECT room_id FROM queue_items WHERE added_by_id = $1
        UNION SELECT room_id FROM queue_turns WHERE user_id = $1
        UNION SELECT queue_items.room_id FROM queue_votes
            JOIN queue_items ON queue_items.id = queue_votes.item_id WHERE queue_votes.user_id = $1
        UNION SELECT queue_items.room_id FROM skip_votes
            JOIN queue_items ON queue_items.id = skip_votes.item_id WHERE skip_votes.user_id = $1
    ) AS traces ON traces.room_id = rooms.id
    WHERE rooms.closed_at IS NULL
"""
OF_ROOM = "SELECT id FROM queue_items WHERE room_id = $2"
FORGET_IN_ROOM = (
    f"DELETE FROM queue_votes WHERE user_id = $1 AND item_id IN ({OF_ROOM})",  # noqa: S608
    f"DELETE FROM skip_votes WHERE user_id = $1 AND item_id IN ({OF_ROOM})",  # noqa: S608
    "DELETE FROM queue_turns WHERE user_id = $1 AND room_id = $2",
)
# Nobody else changes anything in a room that is closed.
CLOSED = "SELECT id FROM rooms WHERE closed_at IS NOT NULL"
OF_CLOSED = f"SELECT id FROM queue_items WHERE room_id IN ({CLOSED})"  # noqa: S608
FORGET_IN_CLOSED_ROOMS = (
    f"UPDATE queue_items SET added_by_id = NULL WHERE added_by_id = $1 AND room_id IN ({CLOSED})",  # noqa: S608
    f"DELETE FROM queue_votes WHERE user_id = $1 AND item_id IN ({OF_CLOSED})",  # noqa: S608
    f"DELETE FROM skip_votes WHERE user_id = $1 AND item_id IN ({OF_CLOSED})",  # noqa: S608
    f"DELETE FROM queue_turns WHERE user_id = $1 AND room_id IN ({CLOSED})",  # noqa: S608
)
# The log of a channel repeats what was said as it was said, and so with the author's old name.
RENAME_AUTHOR = """
    UPDATE channel_events SET data = {renamed} WHERE id IN (
        SELECT channel_events.id FROM channel_events
        JOIN messages ON messages.id = channel_events.message_id
        WHERE messages.author_id = $1 AND channel_events.data->'author'->>'username' <> $3
        LIMIT {batch}
    ) RETURNING id
"""
RENAMED = {
    "postgres": "jsonb_set(data, '{author}', $2::jsonb)",
    # A path begins with a dollar, which is the sign of a value here.
    "sqlite": "json_set(data, char(36) || '.author', json($2))",
}


async def rooms_with(user_id: UUID) -> list[UUID]:
    """The open rooms in which there is anything of the user."""
    return [UUID(str(row["id"])) for row in await rows(ROOMS, user_id)]


async def forget_in_room(room: Room, user_id: UUID, now: datetime) -> bool:
    """Take a deleted user out of a room, within `changing`; says whether its queue has changed.

    What they added stays in the queue, added by nobody. A room that they host is passed on.
    """
    items = QueueItem.filter(room_id=room.id, added_by_id=user_id)
    changed = bool(await items.update(added_by_id=None))
    for statement in FORGET_IN_ROOM:
        await rows(statement, user_id, room.id)
    if member := await Member.get_or_none(room_id=room.id, user_id=user_id):
        await dismiss(room, member, Departure.LEFT, now)
    return changed and room.closed_at is None


async def forget_in_closed_rooms(user_id: UUID) -> None:
    """The same in all rooms that are closed, where nobody is to be told."""
    for statement in FORGET_IN_CLOSED_ROOMS:
        await rows(statement, user_id)


async def rename_author(user_id: UUID, author: dict[str, object]) -> None:
    """Put `author`, as on the wire, into all that the logs of channels say of the user."""
    renamed = RENAMED["sqlite" if is_sqlite() else "postgres"]
    statement = RENAME_AUTHOR.format(renamed=renamed, batch=BATCH)
    text = orjson.dumps(author).decode()
    while await rows(statement, user_id, text, author["username"]):
        continue
