"""Playlists: whose they are, what is in them and in which order."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.client import Client
from tests.conftest import Connect, MakeTrack
from tests.playing import where
from tests.rooms import Json, here, open_room
from tests.servers import House
from tests.test_artist import make_moderator
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
    wish = {"name": "Mix", "nonce": uuid4().hex}
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
