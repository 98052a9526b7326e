"""Tracks: finding, sorting and changing them."""

from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client
from tests.conftest import Connect, MakeTrack

TRACK_KEYS = {
    *("id", "name", "genre", "duration", "url", "artist", "coverUrl", "waveform"),
    *("uploadedBy", "createdAt"),
}


async def pages(client: Client, event: str, **wanted: Any) -> list[list[dict[str, Any]]]:
    """All pages of a list."""
    found = []
    cursor: dict[str, str] = {}
    while True:
        answer = await client.call(event, {**wanted, **cursor})
        assert answer["success"], answer
        found.append(answer["data"])
        if answer["meta"]["nextCursor"] is None:
            return found
        cursor = {"cursor": answer["meta"]["nextCursor"]}


def names(found: list[list[dict[str, Any]]]) -> list[str]:
    return [row["name"] for page in found for row in page]


async def make_artist(client: Client, name: str, **more: Any) -> str:
    """An artist of `client`'s; its id."""
    artist = await client.ok("artist:create", {"name": name, **more})
    artist_id: str = artist["id"]
    return artist_id


async def test_a_track_has_all_that_the_contract_names(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    track_id = await make_track("Song", duration=12.5)
    track = await ada.ok("track:get", {"trackId": track_id})
    assert set(track) == TRACK_KEYS
    assert (track["id"], track["name"], track["duration"]) == (track_id, "Song", 12.5)
    assert (track["artist"], track["uploadedBy"]) == (None, None)
    assert await ada.refused("track:get", {"trackId": str(uuid4())}) == "not_found"


async def test_tracks_are_listed_by_name_in_pages(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    word = uuid4().hex
    made = [f"{letter} {word}" for letter in ("d", "B", "a", "C", "b")]
    for name in made:
        await make_track(name)
    found = await pages(ada, "track:list", query=word.upper(), limit=2)
    assert [len(page) for page in found] == [2, 2, 1]
    assert names(found) == sorted(names(found), key=str.lower)
    newest = await pages(ada, "track:list", query=word, limit=2, sort="newest")
    assert names(newest) == made[::-1]


async def test_tracks_of_one_name_are_all_listed(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    word = uuid4().hex
    made = {await make_track(word) for _ in range(5)}
    found = await pages(ada, "track:list", query=word, limit=2)
    assert {track["id"] for page in found for track in page} == made
    assert len(names(found)) == 5


async def test_tracks_are_found_by_artist_and_genre(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    word = uuid4().hex
    artist = await make_artist(ada, f"The {word}")
    track_id = await make_track("Song", genre=f"Jazz {word}", artist_id=artist, uploaded_by=ada.id)
    other = await make_track(f"About {word}")
    alone = ({"artistId": artist}, {"genre": f"JAZZ {word}"}, {"uploadedBy": ada.id})
    for wanted in (*alone, {"query": f"jazz {word}"}, {"query": f"song {word}"}):
        (track,) = await ada.ok("track:list", wanted)
        assert track["id"] == track_id
        assert track["artist"]["name"] == f"The {word}"
        assert "createdBy" not in track["artist"]
    both = await ada.ok("track:list", {"query": word})
    assert {track["id"] for track in both} == {track_id, other}
    assert await ada.ok("track:list", {"artistId": str(uuid4())}) == []


async def test_tracks_are_sorted_by_artist_and_by_duration(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    word = uuid4().hex
    first, second = [await make_artist(ada, f"{name} {word}") for name in ("Ärzte", "Beatles")]
    for name, artist_id, duration in (
        ("d", None, 4.25),
        ("c", second, 3.0),
        ("b", first, 3.0),
        ("A", second, 2.5),
        ("e", first, 1.0),
    ):
        await make_track(f"{name} {word}", duration, artist_id=artist_id)
    by_artist = await pages(ada, "track:list", query=word, sort="artist", limit=2)
    assert [name[0] for name in names(by_artist)] == ["b", "e", "A", "c", "d"]
    by_duration = await pages(ada, "track:list", query=word, sort="duration", limit=2)
    assert [track["duration"] for page in by_duration for track in page] == [1, 2.5, 3, 3, 4.25]


async def test_names_are_sorted_without_regard_to_accents(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    word = uuid4().hex
    for name in ("Zebra", "élan", "Eve", "Eden"):
        await make_track(f"{name} {word}")
    found = names(await pages(ada, "track:list", query=word, limit=1))
    assert [name.split()[0] for name in found] == ["Eden", "élan", "Eve", "Zebra"]


@pytest.mark.parametrize("sort", ["name", "newest", "artist", "duration"])
async def test_pages_stay_right_while_tracks_come_and_go(
    connect: Connect, make_track: MakeTrack, sort: str
) -> None:
    ada = await connect("ada")
    word = uuid4().hex
    made = [await make_track(f"{n:02} {word}", 10.0 + n, uploaded_by=ada.id) for n in range(6)]
    wanted = {"query": word, "sort": sort, "limit": 2}
    first = await ada.call("track:list", wanted)
    seen = [track["id"] for track in first["data"]]
    # The last that was seen goes, and one comes that belongs before it.
    await ada.ok("track:delete", {"trackId": seen[-1]})
    if sort != "newest":
        await make_track(f"00 {word}", 10.0)
    cursor = first["meta"]["nextCursor"]
    while cursor:
        answer = await ada.call("track:list", {**wanted, "cursor": cursor})
        seen += [track["id"] for track in answer["data"]]
        cursor = answer["meta"]["nextCursor"]
    assert seen == (made[::-1] if sort == "newest" else made)


async def test_a_track_is_changed_by_who_uploaded_it_and_found_by_its_new_words(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    old, new, band = (uuid4().hex for _ in range(3))
    track_id = await make_track(old, uploaded_by=ada.id)
    artist = await make_artist(bob, band)
    changes = {"name": new, "genre": "Dub", "artistId": artist, "coverUrl": "https://a.example/b"}
    assert await bob.refused("track:update", {"trackId": track_id, **changes}) == "forbidden"
    track = await ada.ok("track:update", {"trackId": track_id, **changes})
    assert (track["name"], track["genre"], track["coverUrl"]) == (new, "Dub", changes["coverUrl"])
    assert track["artist"]["id"] == artist
    assert await ada.ok("track:list", {"query": old}) == []
    for query in (new, band, f"dub {band}"):
        (found,) = await bob.ok("track:list", {"query": query})
        assert found == track
    bare = await ada.ok("track:update", {"trackId": track_id, "artistId": None, "genre": None})
    assert (bare["artist"], bare["genre"]) == (None, None)
    assert await ada.ok("track:list", {"query": band}) == []
    gone = {"trackId": track_id, "artistId": str(uuid4())}
    assert await ada.refused("track:update", gone) == "not_found"
    assert await ada.refused("track:update", {"trackId": str(uuid4())}) == "not_found"
    assert await ada.refused("track:update", {"trackId": track_id, "name": " "}) == (
        "validation_failed"
    )


@pytest.mark.parametrize(
    ("event", "sorts"),
    [
        ("track:list", ("name", "newest", "artist", "duration")),
        ("artist:list", ("name", "newest")),
        ("playlist:list", ("name", "newest", "updated")),
        ("favorite:list", ("name", "newest", "artist", "duration")),
    ],
)
async def test_a_cursor_of_another_order_is_refused(
    connect: Connect, event: str, sorts: tuple[str, ...]
) -> None:
    ada = await connect("ada")
    for cursor in (
        "rubbish",
        "WzFd",
        "WyJ4Il0",
        "WyJhIiwieCJd",
        "WyJcdTAwMDAiLCAieCJd",
        "WyJ4IiwgInkiLCAieiJd",
    ):
        for sort in sorts:
            wanted = {"sort": sort, "cursor": cursor}
            assert await ada.refused(event, wanted) == "validation_failed"
