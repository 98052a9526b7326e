"""What people listen to, and where: for their friends, who may want to join them."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from tortoise.expressions import F, Q

from models.member import Member
from models.playback_record import PlaybackRecord
from models.playback_status import ON
from models.room import Room, Visibility
from models.row import ids_of
from models.track import Track


@dataclass(frozen=True, slots=True)
class Listening:
    """The room that somebody hears now, whose it is, and the track that is on, without waveform."""

    room_id: UUID
    room_name: str
    host_id: UUID | None
    track: Track | None


async def listening_of(user_ids: Collection[UUID]) -> dict[UUID, Listening]:
    """What each of the users listens to, of rooms that all their friends may enter; in 4 queries.

    Those are the public ones, and the one for friends that they are the host of. Of several it is
    the one that they joined last; whoever is not there listens to nothing that may be told.
    """
    may_be_told = Q(room__visibility=Visibility.PUBLIC) | Q(
        room__visibility=Visibility.FRIENDS, room__host_id=F("user_id")
    )
    here = Member.filter(may_be_told, user_id__in=list(user_ids), disconnected_at=None)
    members = await here.filter(room__closed_at=None).order_by("joined_at").prefetch_related("room")
    rooms: dict[UUID, Room] = {member.user_id: member.room for member in members}
    tracks = await _tracks_on({room.id for room in rooms.values()})
    return {
        user_id: Listening(room.id, room.name, room.host_id, tracks.get(room.id))
        for user_id, room in rooms.items()
    }


async def friends_at(host_id: UUID, *, of: UUID) -> set[UUID]:
    """Which friends of a user are connected in the rooms of a host, in one query."""
    there = Member.filter(room__host_id=host_id, room__closed_at=None, disconnected_at=None)
    return set(await ids_of(there.filter(user__friendships__friend_id=of), "user_id"))


async def _tracks_on(room_ids: Collection[UUID]) -> dict[UUID, Track]:
    """The tracks that are on, by room."""
    on = PlaybackRecord.filter(room_id__in=list(room_ids), status__in=ON)
    found = await on.exclude(track_id=None).values_list("room_id", "track_id")
    tracks = await Track.without_waveform({track_id for _, track_id in found})
    return {room_id: tracks[track_id] for room_id, track_id in found if track_id in tracks}
