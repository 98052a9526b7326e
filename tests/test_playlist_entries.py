"""What is in a playlist: its order after any changes, and how much is read to show it."""

import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from models.library import LibraryQuery
from models.playlist import Playlist, changing_playlist
from models.playlist_entries import add, move, remove
from models.playlist_view import shown, tracks_of
from models.track import Track
from models.track_change import create_track
from models.user import User
from tests.databases import opened
from tests.test_snapshot import queries


@pytest.fixture
async def owner(tmp_path: Path) -> AsyncIterator[User]:
    """A user in a database of their own."""
    async with opened(tmp_path):
        yield await User.sign_up("ada")


async def new_track(name: str = "Song") -> Track:
    return await create_track(
        None, name=name, duration=1.0, url="/media/a", mime_type="audio/mp4", cover_url="/media/b"
    )


async def test_any_changes_leave_the_order_that_a_list_would_have(owner: User) -> None:
    tracks = [(await new_track()).id for _ in range(4)]
    for seed in range(3):
        await change_at_random(owner, tracks, random.Random(seed))


async def change_at_random(owner: User, tracks: list[UUID], chance: random.Random) -> None:
    """Do the same to a playlist and to a list, and compare them."""
    now = datetime.now(UTC)
    playlist = await Playlist.make(owner, now, None, name="Mix", allow_duplicates=True)
    expected: list[tuple[UUID, UUID]] = []
    async with changing_playlist(owner, playlist.id) as held:
        for step in range(120):
            # One place again and again: the numbers between two neighbours run out.
            place = 2 if step < 80 else chance.randrange(len(expected) + 3)
            act = chance.choice(("add", "move", "remove")) if step > 60 else "add"
            if act == "add":
                track_id = chance.choice(tracks)
                entry_id = await add(held, owner, track_id, place, None, now)
                expected.insert(place, (entry_id, track_id))
                continue
            entry_id, track_id = chance.choice(expected)
            expected.remove((entry_id, track_id))
            if act == "move":
                await move(held, track_id, place, entry_id)
                expected.insert(place, (entry_id, track_id))
            else:
                await remove(held, track_id, entry_id)
            found = (await tracks_of(playlist.id, None, 200)).items
            assert [(track.entry_id, track.id) for track in found] == expected


async def test_what_grows_is_read_with_as_many_queries(owner: User) -> None:
    counts: list[list[int]] = []
    now = datetime.now(UTC)
    for _ in range(3):
        for _ in range(4):
            playlist = await Playlist.make(owner, now, None, name="Mix")
            async with changing_playlist(owner, playlist.id) as held:
                for _ in range(5):
                    await add(held, owner, (await new_track("Song")).id, None, None, now)
        with queries() as for_tracks:
            assert (await Track.listed(LibraryQuery(50, "artist", "song"))).items
        with queries() as for_playlists:
            await shown((await Playlist.listed(owner, LibraryQuery(50, "name", "mix"))).items)
        with queries() as for_one:
            await shown([await Playlist.open_to(owner, playlist.id)])
            assert len((await tracks_of(playlist.id, None, 100)).items) == 5
        counts.append([len(ran) for ran in (for_tracks, for_playlists, for_one)])
    assert counts == [counts[0]] * 3
    assert counts[0][:2] == [1, 3]
    assert counts[0][2] < 8
