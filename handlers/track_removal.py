"""Taking a deleted track out of the rooms, the files and the database."""

from contextlib import suppress
from uuid import UUID

from handlers.playback_change import directing
from handlers.services import Services
from models.errors import NotFound
from models.playback_follow import take_out
from models.track_removal import erase, rooms_with


async def take_away(services: Services, track_id: UUID) -> None:
    """Have every room go on without it, then delete its files and its row.

    The row comes last: as long as it is there, somebody comes back to finish this.
    """
    for room_id in await rooms_with(track_id):
        with suppress(NotFound):  # closed meanwhile
            async with directing(services, room_id) as stage:
                await take_out(stage, track_id, services.clock.now_ms())
    with suppress(FileNotFoundError):  # another, who does the same, was quicker
        await services.media.remove_track(track_id)
    await erase(track_id)
