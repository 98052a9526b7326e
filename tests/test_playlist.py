"""Playlists: whose they are, what is in them and in which order."""

import asyncio
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from config.database import open_database
from models import search_sqlite
from models.library import LibraryQuery
from models.playlist import Playlist, changing_playlist
from models.playlist_entries import add, move, remove
from models.playlist_view import shown, tracks_of
from models.track import Track
from models.track_change import create_track
from models.user import User
from tests.client import Client
from tests.conftest import Connect, MakeTrack
from tests.playing import where
from tests.rooms import Json, here, open_room
from tests.servers import House
from tests.test_artist import make_moderator
from tests.test_snapshot import queries
from tests.test_track import TRACK_KEYS, make_artist, names, pages

PLAYLIST_KEYS = {
    *("id", "name", "imageUrl", "isPublic", "allowDuplicates", "owner", "trackCount", "duration"),
    *("createdAt", "updatedAt"),
}


async def make_playlist(owner: Client, *track_ids: str, **settings: Any) -> Json:
    """A playlist of `owner`'s with these tracks, and how it is in their events: `playlistId`."""
    made = await owner.ok("playlist:create", {"name": "Mix", **settings})
    for track_id in track_ids:
        await owner.ok("playlist:add_track", {"playlistId": made["id"], "trackId": track_id})
    return {"playlistId": made["id"]}


async def tracks_in(client: Client, playlist: Json) -> list[str]:
    """The tracks of a playlist in its order, which their positions say too."""
    tracks = (await client.ok("playlist:get", playlist))["tracks"]
    assert [track["position"] for track in tracks] == list(range(len(tracks)))
    return [track["id"] for track in tracks]


async def test_a_playlist_has_all_that_the_contract_names(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    plain = await make_track(duration=10.5)
    covered = await make_track(duration=20.0, cover_url="/media/tracks/a/cover.jpg")
    playlist = await ada.ok("playlist:create", {"name": "Mix"})
    assert set(playlist) == PLAYLIST_KEYS
    assert playlist["owner"] == await ada.ok("user:get", {"userId": ada.id})
    assert (playlist["isPublic"], playlist["allowDuplicates"]) == (False, False)
    assert (playlist["trackCount"], playlist["duration"], playlist["imageUrl"]) == (0, 0, None)
    here = {"playlistId": playlist["id"]}
    await ada.ok("playlist:add_track", {**here, "trackId": plain})
    added = await ada.ok("playlist:add_track", {**here, "trackId": covered})
    entry_id = added.pop("entryId")
    assert (added["trackCount"], added["duration"]) == (2, 30.5)
    assert added["imageUrl"] == "/media/tracks/a/cover.jpg"
    assert added["updatedAt"] > playlist["updatedAt"]
    got = await ada.ok("playlist:get", here)
    tracks = got.pop("tracks")
    assert got == added
    assert set(tracks[1]) == {*TRACK_KEYS, "entryId", "position", "addedAt"}
    assert [track["id"] for track in tracks] == [plain, covered]
    assert (tracks[1]["entryId"], tracks[1]["position"]) == (entry_id, 1)
    image = {**here, "imageUrl": "https://a.example/b.png"}
    assert (await ada.ok("playlist:update", image))["imageUrl"] == image["imageUrl"]


async def test_a_private_playlist_of_somebody_else_does_not_exist(
    connect: Connect, make_track: MakeTrack, house: House
) -> None:
    ada, bob, mod = [await connect(name) for name in ("ada", "bob", "mod")]
    await make_moderator(house, mod)
    mod = await connect(same=mod)
    track = {"trackId": await make_track()}
    word = uuid4().hex
    playlist = await make_playlist(ada, track["trackId"], name=word)
    changes: list[tuple[str, Json]] = [
        ("playlist:update", {"name": word}),
        ("playlist:move_track", {**track, "position": 0}),
        ("playlist:remove_track", track),
        ("playlist:add_track", track),
        ("playlist:delete", {}),
    ]
    for other in (bob, mod):
        for event, more in (*changes, ("playlist:get", {}), ("playlist:tracks", {})):
            assert await other.refused(event, {**playlist, **more}) == "not_found"
        assert await other.ok("playlist:list", {"query": word}) == []
    await ada.ok("playlist:update", {**playlist, "isPublic": True})
    assert len(await bob.ok("playlist:list", {"query": word})) == 1
    assert len(await bob.ok("playlist:tracks", playlist)) == 1
    for event, more in changes:
        assert await bob.refused(event, {**playlist, **more}) == "forbidden"
        await mod.ok(event, {**playlist, **more})
    assert await ada.refused("playlist:get", playlist) == "not_found"


async def test_a_track_is_in_a_playlist_once(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    again = await connect(same=ada)  # on the other process
    track_id = await make_track()
    for _ in range(3):
        playlist = await make_playlist(ada)
        adding = {**playlist, "trackId": track_id}
        sends = [client.call("playlist:add_track", adding) for client in (ada, again) * 3]
        answers = await asyncio.gather(*sends)
        assert sorted(a.get("code", "added") for a in answers) == ["added"] + ["conflict"] * 5
        assert await tracks_in(ada, playlist) == [track_id]


async def test_a_playlist_may_allow_a_track_twice(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    one, two = await make_track("one"), await make_track("two")
    playlist = await make_playlist(ada, one, two, one, allowDuplicates=True)
    assert await tracks_in(ada, playlist) == [one, two, one]
    single = {**playlist, "allowDuplicates": False}
    assert await ada.refused("playlist:update", single) == "conflict"
    last = (await ada.ok("playlist:get", playlist))["tracks"][2]["entryId"]
    moving = {**playlist, "trackId": one, "entryId": last, "position": 0}
    await ada.ok("playlist:move_track", moving)
    assert (await ada.ok("playlist:get", playlist))["tracks"][0]["entryId"] == last
    wrong = {**playlist, "trackId": two, "entryId": last}
    assert await ada.refused("playlist:remove_track", wrong) == "not_found"
    await ada.ok("playlist:remove_track", {**playlist, "trackId": one, "entryId": last})
    assert await tracks_in(ada, playlist) == [one, two]
    assert (await ada.ok("playlist:update", single))["allowDuplicates"] is False
    assert await ada.refused("playlist:add_track", {**playlist, "trackId": one}) == "conflict"


async def test_tracks_go_where_they_are_put(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    a, b, c, d = [await make_track(name) for name in "abcd"]
    playlist = await make_playlist(ada, a, b)
    await ada.ok("playlist:add_track", {**playlist, "trackId": c, "position": 0})
    await ada.ok("playlist:add_track", {**playlist, "trackId": d, "position": 99})
    assert await tracks_in(ada, playlist) == [c, a, b, d]
    for track_id, position, order in (
        (d, 1, [c, d, a, b]),
        (c, 2, [d, a, c, b]),
        (c, 2, [d, a, c, b]),
        (d, 99, [a, c, b, d]),
        (b, 0, [b, a, c, d]),
    ):
        moving = {**playlist, "trackId": track_id, "position": position}
        await ada.ok("playlist:move_track", moving)
        assert await tracks_in(ada, playlist) == order
    await ada.ok("playlist:remove_track", {**playlist, "trackId": a})
    assert await tracks_in(ada, playlist) == [b, c, d]
    gone = {**playlist, "trackId": a}
    assert await ada.refused("playlist:remove_track", gone) == "not_found"
    assert await ada.refused("playlist:move_track", {**gone, "position": 0}) == "not_found"
    unknown = {**playlist, "trackId": str(uuid4())}
    assert await ada.refused("playlist:add_track", unknown) == "not_found"


async def test_the_same_nonce_makes_and_adds_once(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    again = await connect(same=ada)
    wish = {"name": "Mix", "nonce": uuid4().hex, "allowDuplicates": True}
    made = await asyncio.gather(*(c.ok("playlist:create", wish) for c in (ada, again) * 2))
    assert len({playlist["id"] for playlist in made}) == 1
    track_id = await make_track()
    adding = {"playlistId": made[0]["id"], "trackId": track_id, "nonce": uuid4().hex}
    added = await asyncio.gather(*(c.ok("playlist:add_track", adding) for c in (ada, again) * 2))
    assert len({playlist["entryId"] for playlist in added}) == 1
    assert await tracks_in(ada, {"playlistId": made[0]["id"]}) == [track_id]
    other = {**adding, "position": 0}
    assert await ada.refused("playlist:add_track", other) == "conflict"


async def test_the_owners_other_sockets_hear_of_changes(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    phone = await connect(same=ada)
    track = {"trackId": await make_track()}
    playlist = await make_playlist(ada, isPublic=True)
    answers = [
        await ada.ok("playlist:add_track", {**playlist, **track}),
        await ada.ok("playlist:move_track", {**playlist, **track, "position": 0}),
        await ada.ok("playlist:remove_track", {**playlist, **track}),
        await ada.ok("playlist:update", {**playlist, "name": "Other"}),
    ]
    answers[0].pop("entryId")
    for answer in answers:
        await phone.hears("playlist:updated", where(**answer))
    await ada.ok("playlist:delete", playlist)
    assert await phone.hears("playlist:deleted") == playlist
    assert bob.heard("playlist:updated") == bob.heard("playlist:deleted") == []


async def test_playlists_are_listed_by_what_is_asked_for(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    word, genre = uuid4().hex, uuid4().hex
    artist = await make_artist(bob, uuid4().hex)
    track_id = await make_track(genre=genre, artist_id=artist)
    made = [
        await make_playlist(ada, name=f"{name} {word}", isPublic=public)
        for name, public in (("b", True), ("Á", True), ("c", False), ("d", True))
    ]
    await ada.ok("playlist:add_track", {**made[1], "trackId": track_id})
    for sort, order in (("name", "Ábcd"), ("newest", "dcÁb"), ("updated", "Ádcb")):
        found = names(await pages(ada, "playlist:list", query=word, sort=sort, limit=1))
        assert [name[0] for name in found] == list(order)
    theirs = await pages(bob, "playlist:list", ownerId=ada.id, limit=2)
    assert [name[0] for name in names(theirs)] == ["Á", "b", "d"]
    for wanted in ({"trackId": track_id}, {"artistId": artist}, {"genre": genre.upper()}):
        (found_one,) = await bob.ok("playlist:list", wanted)
        assert (found_one["id"], found_one["trackCount"]) == (made[1]["playlistId"], 1)


async def test_pages_of_tracks_stay_right_while_some_come_and_go(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    made = [await make_track(f"{n}") for n in range(5)]
    playlist = await make_playlist(ada, *made)
    first = await ada.call("playlist:tracks", {**playlist, "limit": 2})
    await ada.ok("playlist:remove_track", {**playlist, "trackId": made[1]})
    for position in (0, 1):
        adding = {**playlist, "trackId": await make_track(), "position": position}
        await ada.ok("playlist:add_track", adding)
    rest = await ada.ok("playlist:tracks", {**playlist, "cursor": first["meta"]["nextCursor"]})
    assert [track["id"] for track in rest] == made[2:]
    assert [track["position"] for track in rest] == [3, 4, 5]
    assert await ada.refused("playlist:tracks", {**playlist, "cursor": "WzFd"}) == (
        "validation_failed"
    )


async def test_a_queue_takes_a_playlist_in_its_order(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    a, b, c = [await make_track(name, uploaded_by=ada.id) for name in "abc"]
    playlist = await make_playlist(ada, a, b, c)
    await ada.ok("playlist:move_track", {**playlist, "trackId": c, "position": 0})
    await ada.ok("track:delete", {"trackId": a})
    room = await open_room(ada)
    added = await ada.ok("queue:add", here(room, **playlist))
    assert [item["track"]["id"] for item in added["items"]] == [c, b]


@pytest.fixture
async def owner(tmp_path: Path) -> Any:
    """A user in a database of their own."""
    async with open_database("", tmp_path, 1):
        await search_sqlite.prepare()
        yield await User.sign_up("ada")


async def new_track(name: str = "Song") -> Track:
    return await create_track(
        None, name=name, duration=1.0, url="/media/a", mime_type="audio/mp4", cover_url="/media/b"
    )


@pytest.mark.parametrize("seed", range(3))
async def test_any_changes_leave_the_order_that_a_list_would_have(owner: User, seed: int) -> None:
    chance, now = random.Random(seed), datetime.now(UTC)
    playlist = await Playlist.make(owner, now, None, name="Mix", allow_duplicates=True)
    tracks = [(await new_track()).id for _ in range(4)]
    expected: list[tuple[UUID, UUID]] = []
    for step in range(150):
        # One place again and again: the numbers between two neighbours run out.
        place = 1 if step < 80 else chance.randrange(len(expected) + 3)
        async with changing_playlist(owner, playlist.id) as held:
            act = chance.choice(("add", "move", "remove")) if len(expected) > 3 else "add"
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
