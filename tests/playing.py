"""Rooms that play: what tests of playback and queue have in common."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import uuid_utils.compat

from tests.client import Client
from tests.rooms import Json, here, open_room
from tests.servers import House

PLAYBACK_KEYS = {
    *("roomId", "version", "status", "track", "queueItemId", "position", "anchorAt", "rate"),
    *("waitingFor", "reason", "changedBy"),
}

Act = Callable[[], Awaitable[Any]]


async def gather_in(host: Client, *others: Client, **settings: Any) -> Json:
    """A room that all of them have joined."""
    room = await open_room(host, **settings)
    for client in others:
        await client.ok("room:join", here(room))
    return room


def where(**expected: Any) -> Callable[[Json], bool]:
    """Whether an event says all of this."""
    return lambda event: expected.items() <= event.items()


def on(track_id: str | None, **expected: Any) -> Callable[[Json], bool]:
    """Whether a Playback has that track on."""
    return lambda state: where(**expected)(state) and (state["track"] or {}).get("id") == track_id


async def all_ready(room: Json, version: int, *clients: Client) -> Json:
    """All of them have loaded what is on in `version`; the state that begins to play."""
    for client in clients:
        await client.ok("playback:ready", here(room, version=version))
    playing = where(roomId=room["id"], status="playing")
    started: Json = await clients[0].hears(
        "playback:state", lambda state: playing(state) and state["version"] > version
    )
    return started


async def play(room: Json, host: Client, *others: Client, **what: Any) -> Json:
    """Put something on, and have everybody ready; the state that begins to play."""
    waiting = await host.ok("playback:play", here(room, **what))
    return await all_ready(room, waiting["version"], host, *others)


async def add(client: Client, room: Json, *track_ids: str) -> list[str]:
    """Add tracks to the queue; the items' ids."""
    items = [await client.ok("queue:add", here(room, trackId=track_id)) for track_id in track_ids]
    return [item["id"] for item in items]


async def queued(client: Client, room: Json) -> list[str]:
    """The ids of the items in the queue, in its order."""
    return [item["id"] for item in await client.ok("queue:list", here(room))]


async def make_playlist(house: House, owner: Client, *track_ids: str, public: bool = False) -> str:
    """A playlist of `owner` with these tracks; put into the database."""
    playlist_id = uuid4()
    await house.execute(
        "INSERT INTO playlists (id, created_at, updated_at, name, is_public, owner_id)"
        " VALUES ($1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, 'Mix',"
        f" CAST({public:d} AS BOOLEAN), $2)",
        playlist_id,
        owner.id,
    )
    for rank, track_id in enumerate(track_ids):
        await house.execute(
            "INSERT INTO playlist_tracks (id, created_at, playlist_id, track_id, rank)"
            " VALUES ($1, CURRENT_TIMESTAMP, $2, $3, $4)",
            uuid_utils.compat.uuid7(),
            playlist_id,
            track_id,
            float(rank),
        )
    return str(playlist_id)


async def heard_queue(client: Client, room: Json, version: int) -> list[str]:
    """The items of the `queue:updated` of that version."""
    heard = await client.hears("queue:updated", where(roomId=room["id"], version=version))
    return [item["id"] for item in heard["queue"]]
