"""Which rooms need something done by the clock: found here, decided again under their lock.

Whoever looks, on whichever process, passes `now`; what is found is at most `BATCH` at a time.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.expressions import Q

from models.member import Member, MemberRole
from models.playback_record import PlaybackRecord
from models.playback_status import Status
from models.presence import Place
from models.room import Room, Visibility
from models.room_door import dismiss
from models.room_host import HOST_MAY_BE_AWAY
from models.room_news import Departure

BATCH = 200
MEMBER_MAY_BE_AWAY = timedelta(minutes=15)
DESERTED_PLAYS_ON = timedelta(minutes=5)
# How long after a disconnection it is checked whether it was a mistake.
IN_DOUBT = timedelta(minutes=2)


async def without_host(now: datetime) -> list[UUID]:
    """Rooms where someone is connected, and whose host has been away for 15 s or is no more."""
    away = Q(members__role=MemberRole.HOST, members__disconnected_at__lte=now - HOST_MAY_BE_AWAY)
    rooms = Room.filter(Q(host_id=None) | away, closed_at=None, deserted_at=None)
    return [room.id for room in await rooms.limit(BATCH).only("id").distinct()]


async def with_overdue_members(now: datetime) -> list[UUID]:
    """Rooms with members who have been away for 15 minutes; in private ones they stay."""
    away = Member.filter(_overdue(now), room__closed_at=None).exclude(
        room__visibility=Visibility.PRIVATE
    )
    return list({member.room_id for member in await away.limit(BATCH).only("id", "room_id")})


async def end_overdue(room: Room, now: datetime) -> list[UUID]:
    """End the memberships that are overdue, the host's last; within `changing`. Gives the users."""
    if room.visibility is Visibility.PRIVATE:
        return []
    overdue = await Member.filter(_overdue(now), room_id=room.id)
    # The host last, so that nobody becomes host only to leave.
    overdue.sort(key=lambda member: member.is_host)
    for member in overdue:
        await dismiss(room, member, Departure.TIMEOUT, now)
    return [member.user_id for member in overdue]


def _overdue(now: datetime) -> Q:
    return Q(disconnected_at__lte=now - MEMBER_MAY_BE_AWAY)


async def playing_to_nobody(now: datetime) -> list[UUID]:
    """Rooms where nobody has been connected for 5 minutes, and something is on."""
    records = PlaybackRecord.filter(
        room__closed_at=None, room__deserted_at__lte=now - DESERTED_PLAYS_ON
    ).exclude(status=Status.STOPPED)
    return [record.room_id for record in await records.limit(BATCH).only("room_id")]


async def to_be_counted(now: datetime) -> AsyncIterator[dict[Place, bool]]:
    """Who is said to be connected, or not to be since lately; in pieces, each place with which."""
    last: UUID | None = None
    while True:
        rows = Member.filter(Q(disconnected_at=None) | Q(disconnected_at__gt=now - IN_DOUBT))
        if last:
            rows = rows.filter(id__gt=last)
        found = await rows.order_by("id").limit(BATCH * 5)
        if found:
            yield {(member.room_id, member.user_id): member.connected for member in found}
        if len(found) < BATCH * 5:
            return
        last = found[-1].id


async def out_of_step(room_id: UUID, sockets: Mapping[UUID, int]) -> bool:
    """Whether the members' rows say something else than the count of their sockets."""
    rows = Member.filter(room_id=room_id, user_id__in=list(sockets))
    said = await rows.only("id", "user_id", "disconnected_at")
    return any(member.connected != bool(sockets[member.user_id]) for member in said)


async def no_longer_in(places: Iterable[Place]) -> set[Place]:
    """Those of the places where that user is not (or no longer) a member."""
    places = set(places)
    by_room: dict[UUID, set[UUID]] = defaultdict(set)
    for room_id, user_id in places:
        by_room[room_id].add(user_id)
    users = {user_id for _, user_id in places}
    rows = Member.filter(room_id__in=list(by_room), user_id__in=list(users))
    found = await rows.only("id", "room_id", "user_id")
    return places - {(member.room_id, member.user_id) for member in found}
