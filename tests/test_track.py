"""The library: finding tracks and artists."""

from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client
from tests.conftest import Connect, MakeTrack
from tests.servers import House

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


async def make_artist(house: House, name: str, genre: str | None = None) -> str:
    """An artist; put into the database."""
    artist_id = uuid4()
    await house.execute(
        "INSERT INTO artists (id, created_at, name, name_key, genre)"
        " VALUES ($1, CURRENT_TIMESTAMP, $2, $3, $4)",
        artist_id,
        name,
        name.lower(),
        genre,
    )
    return str(artist_id)


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
    connect: Connect, make_track: MakeTrack, house: House
) -> None:
    ada = await connect("ada")
    word = uuid4().hex
    artist = await make_artist(house, f"The {word}")
    track_id, other = await make_track("Song"), await make_track(f"About {word}")
    await house.execute(
        "UPDATE tracks SET artist_id = $1, genre = $2 WHERE id = $3",
        artist,
        f"Jazz {word}",
        track_id,
    )
    for wanted in ({"artistId": artist}, {"genre": f"JAZZ {word}"}):
        (track,) = await ada.ok("track:list", wanted)
        assert track["id"] == track_id
        assert track["artist"]["name"] == f"The {word}"
    assert {track["id"] for track in await ada.ok("track:list", {"query": word})} == {
        track_id,
        other,
    }
    assert await ada.ok("track:list", {"artistId": str(uuid4())}) == []


async def test_what_is_searched_for_is_taken_as_it_is(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    word = uuid4().hex
    await make_track(f"100% {word}_")
    await make_track(f"1000 {word}x")
    assert len(await ada.ok("track:list", {"query": f"100% {word}"})) == 1
    assert len(await ada.ok("track:list", {"query": f"{word}_"})) == 1


async def test_artists_are_listed_by_name_in_pages(connect: Connect, house: House) -> None:
    ada = await connect("ada")
    word = uuid4().hex
    made = [await make_artist(house, f"{letter} {word}", f"Jazz {word}") for letter in "bca"]
    found = await pages(ada, "artist:list", query=word, limit=2)
    assert names(found) == [f"{letter} {word}" for letter in "abc"]
    assert set(found[0][0]) == {"id", "name", "genre", "imageUrl"}
    assert len(await ada.ok("artist:list", {"genre": f"jazz {word}"})) == 3
    (one,) = await ada.ok("artist:list", {"artistId": made[0]})
    assert one["name"] == f"b {word}"


@pytest.mark.parametrize("event", ["track:list", "artist:list"])
async def test_a_cursor_of_another_order_is_refused(connect: Connect, event: str) -> None:
    ada = await connect("ada")
    for cursor in ("rubbish", "WzFd", "WyJ4Il0", "WyJhIiwieCJd", "WyJcdTAwMDAiLCAieCJd"):
        for sort in ("name", "newest"):
            wanted = {"sort": sort, "cursor": cursor}
            assert await ada.refused(event, wanted) == "validation_failed"
