"""Changes of what is in a playlist, each within `changing_playlist`: adding, removing, moving."""

from datetime import datetime
from typing import Any
from uuid import UUID

from models.errors import Conflict, NotFound
from models.nonce import Nonce, NonceUsedError
from models.playlist import Playlist, PlaylistTrack
from models.queue_order import RANK_GAP, rank_between
from models.row import new_id
from models.sql import Bulk
from models.track import ABSENT, Track
from models.user import User

MAX_ENTRIES = 5000
NUMBER_ANEW = Bulk(
    f"""
    UPDATE playlist_tracks SET rank = given.place * {RANK_GAP}
    FROM {{given}} WHERE playlist_tracks.id = given.id
    """,  # noqa: S608 - of our own parts
    id="uuid",
)


async def add(
    playlist: Playlist,
    user: User,
    track_id: UUID,
    position: int | None,
    nonce: str | None,
    now: datetime,
) -> UUID:
    """Put a track in at `position` (from 0; None or beyond: the end); gives the entry's id.

    Once for each `nonce`: `NonceUsedError` where another send with it was first.
    """
    payload = add_payload(playlist.id, track_id, position)
    if nonce and await Nonce.first_result(user.id, nonce, payload, now):
        raise NonceUsedError  # while we waited for the playlist
    if not await Track.held([track_id]):
        raise NotFound(ABSENT)
    await _require_room(playlist, track_id)
    entry_id = new_id()
    rank = await _rank_at(playlist.id, position, entry_id)
    await PlaylistTrack.create(id=entry_id, playlist=playlist, track_id=track_id, rank=rank)
    if nonce:
        await Nonce.use(user.id, nonce, payload, entry_id, now)
    return entry_id


def add_payload(playlist_id: UUID, track_id: UUID, position: int | None) -> dict[str, Any]:
    """What a nonce stands for that a track was added with."""
    event = "playlist:add_track"
    return {"event": event, "playlist": playlist_id, "track": track_id, "position": position}


async def remove(playlist: Playlist, track_id: UUID, entry_id: UUID | None) -> None:
    """Take a track out: that entry of it, or its first; `NotFound` where there is none."""
    await (await _entry(playlist, track_id, entry_id)).delete()


async def move(playlist: Playlist, track_id: UUID, position: int, entry_id: UUID | None) -> None:
    """Bring a track (that entry of it, or its first) to `position`, at most to the end."""
    entry = await _entry(playlist, track_id, entry_id)
    rank = await _rank_at(playlist.id, position, entry.id)
    await PlaylistTrack.filter(id=entry.id).update(rank=rank)


async def _entry(playlist: Playlist, track_id: UUID, entry_id: UUID | None) -> PlaylistTrack:
    entries = PlaylistTrack.in_order(playlist.id).filter(track_id=track_id)
    entry = await (entries.filter(id=entry_id) if entry_id else entries).first()
    if entry is None:
        raise NotFound("That track is not in the playlist.")
    return entry


async def _require_room(playlist: Playlist, track_id: UUID) -> None:
    """`Conflict` where the track may not come in, or no track at all."""
    entries = PlaylistTrack.filter(playlist_id=playlist.id)
    if not playlist.allow_duplicates and await entries.filter(track_id=track_id).exists():
        raise Conflict("That track is in the playlist already.")
    if await entries.count() >= MAX_ENTRIES:
        raise Conflict(f"A playlist takes at most {MAX_ENTRIES:,} tracks.")


async def _rank_at(playlist_id: UUID, position: int | None, entry_id: UUID) -> float:
    """The rank that puts the entry at `position` among the others."""
    others = PlaylistTrack.in_order(playlist_id).exclude(id=entry_id)
    index = await others.count() if position is None else min(position, await others.count())
    around = others.offset(max(index - 1, 0)).limit(2 if index else 1)
    ranks: list[Any] = [entry.rank for entry in await around]
    low = ranks.pop(0) if index else None
    high = ranks[0] if ranks else None
    rank = rank_between(low, high)
    return await _number_anew(playlist_id, index, entry_id) if rank is None else rank


async def _number_anew(playlist_id: UUID, index: int, entry_id: UUID) -> float:
    """Spread all ranks where there is no number left between two; gives the one at `index`."""
    others = PlaylistTrack.in_order(playlist_id).exclude(id=entry_id)
    ids: list[Any] = await others.values_list("id", flat=True)
    ids.insert(index, entry_id)
    await NUMBER_ANEW.rows([[each] for each in ids])
    return (index + 1) * RANK_GAP
