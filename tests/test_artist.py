"""Artists: made once, changed by who entered them, gone only without tracks."""

import asyncio
from uuid import uuid4

import pytest

from tests.client import Client
from tests.conftest import Connect, MakeTrack
from tests.servers import House
from tests.test_track import make_artist, names, pages

ARTIST_KEYS = {"id", "name", "genre", "imageUrl", "createdBy"}


async def make_moderator(house: House, client: Client) -> None:
    """Have `client`'s user moderate; their next socket knows it."""
    await house.execute("UPDATE users SET role = 'moderator' WHERE id = $1", client.id)


async def test_an_artist_has_all_that_the_contract_names(connect: Connect) -> None:
    ada = await connect("ada")
    name = f"Sigur Rós {uuid4().hex}"
    given = {"name": f" {name} ", "genre": "Post-Rock", "imageUrl": "https://a.example/b.png"}
    artist = await ada.ok("artist:create", given)
    assert set(artist) == ARTIST_KEYS
    assert artist == {**given, "id": artist["id"], "name": name, "createdBy": ada.id}
    assert await ada.ok("artist:get", {"artistId": artist["id"]}) == artist
    assert await ada.refused("artist:get", {"artistId": str(uuid4())}) == "not_found"


async def test_artists_are_listed_by_name_in_pages(connect: Connect) -> None:
    ada = await connect("ada")
    word = uuid4().hex
    letters = "bÁcd"
    made = [await make_artist(ada, f"{each} {word}", genre=f"Jazz {word}") for each in letters]
    found = await pages(ada, "artist:list", query=word, limit=2)
    assert names(found) == [f"{letter} {word}" for letter in "Ábcd"]
    assert set(found[0][0]) == ARTIST_KEYS
    newest = await pages(ada, "artist:list", query=word, limit=3, sort="newest")
    assert names(newest) == [f"{letter} {word}" for letter in letters[::-1]]
    assert len(await ada.ok("artist:list", {"genre": f"jazz {word}"})) == 4
    (one,) = await ada.ok("artist:list", {"artistId": made[0]})
    assert one["name"] == f"b {word}"


async def test_a_name_is_one_artists_without_regard_to_case(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    name = f"Abba {uuid4().hex}"
    same = [ada.call("artist:create", {"name": n}) for n in (name.upper(), name.lower())]
    same += [bob.call("artist:create", {"name": n}) for n in (f" {name}", name)]
    answers = await asyncio.gather(*same)
    assert sorted(a.get("code", "made") for a in answers) == ["conflict"] * 3 + ["made"]
    other = await make_artist(bob, f"Other {uuid4().hex}")
    assert await bob.refused("artist:update", {"artistId": other, "name": name}) == "conflict"


async def test_the_same_nonce_makes_one_artist(connect: Connect) -> None:
    ada = await connect("ada")
    again = await connect(same=ada)
    wish = {"name": f"One {uuid4().hex}", "nonce": uuid4().hex}
    made = await asyncio.gather(*(c.ok("artist:create", wish) for c in (ada, again) * 3))
    assert len({artist["id"] for artist in made}) == 1
    other = {**wish, "name": f"Other {uuid4().hex}"}
    assert await ada.refused("artist:create", other) == "conflict"


async def test_a_renamed_artists_tracks_are_found_by_the_new_name(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    old, new, word = (uuid4().hex for _ in range(3))
    artist = await make_artist(ada, f"B {old}")
    made = {await make_track(f"{n} {word}", artist_id=artist) for n in range(3)}
    last = await make_track(f"0 {word}", artist_id=await make_artist(ada, f"C {uuid4().hex}"))
    renaming = {"artistId": artist, "name": f"D {new}", "genre": "Ska"}
    assert await bob.refused("artist:update", renaming) == "forbidden"
    renamed = await ada.ok("artist:update", renaming)
    assert (renamed["name"], renamed["genre"]) == (f"D {new}", "Ska")
    assert await ada.ok("track:list", {"query": old}) == []
    assert {track["id"] for track in await ada.ok("track:list", {"query": new})} == made
    by_artist = await ada.ok("track:list", {"query": word, "sort": "artist"})
    assert by_artist[0]["id"] == last
    assert [artist["id"] for artist in await ada.ok("artist:list", {"query": new})] == [artist]


async def test_an_artist_with_tracks_stays(connect: Connect, make_track: MakeTrack) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    artist = {"artistId": await make_artist(ada, uuid4().hex)}
    track = {"trackId": await make_track(artist_id=artist["artistId"], uploaded_by=bob.id)}
    assert await ada.refused("artist:delete", artist) == "conflict"
    await bob.ok("track:delete", track)
    assert await bob.refused("artist:delete", artist) == "forbidden"
    await ada.ok("artist:delete", artist)
    assert await ada.refused("artist:get", artist) == "not_found"
    assert await ada.refused("artist:delete", artist) == "not_found"


async def test_an_artist_goes_or_gets_a_track_but_not_both(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    for _ in range(5):
        artist = await make_artist(ada, uuid4().hex)
        track = await make_track(uploaded_by=bob.id)
        deleted, given = await asyncio.gather(
            ada.call("artist:delete", {"artistId": artist}),
            bob.call("track:update", {"trackId": track, "artistId": artist}),
        )
        assert deleted["success"] != given["success"]
        code = given.get("code") or deleted.get("code")
        assert code == ("not_found" if deleted["success"] else "conflict")


@pytest.mark.parametrize("event", ["artist:update", "artist:delete"])
async def test_a_moderator_may_change_any_artist(
    connect: Connect, house: House, event: str
) -> None:
    ada, mod = await connect("ada"), await connect("mod")
    await make_moderator(house, mod)
    mod = await connect(same=mod)
    await mod.ok(event, {"artistId": await make_artist(ada, uuid4().hex)})
