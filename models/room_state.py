"""All that a client draws of a room when it comes in."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from models.member import Member
from models.message import Message, last_messages
from models.playback_view import PlaybackView, current_playback
from models.queue import QueueEntry, queue_of
from models.room import Room
from models.user import User

MEMBERS = 200
MESSAGES = 50


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room as one of its members finds it."""

    room: Room
    members: list[Member]
    playback: PlaybackView
    queue: list[QueueEntry]
    messages: list[Message]
    you: Member

    @classmethod
    async def of(cls, user: User, room_id: UUID) -> Self:
        """The room's state for `user`, who is in it and hears what happens from here on."""
        you = await Member.of(user, room_id)
        you.user = user
        return cls(
            room=you.room,
            members=(await Member.listed(room_id, None, MEMBERS)).items,
            playback=await current_playback(room_id),
            queue=await queue_of(you.room),
            messages=await last_messages(you.room.channel_id, MESSAGES),
            you=you,
        )

    def people(self) -> list[User]:
        """Everyone whose status is shown."""
        authors = [message.author for message in self.messages if message.author]
        return [self.you.user, *(member.user for member in self.members), *authors]
