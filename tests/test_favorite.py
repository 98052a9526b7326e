"""Favourites: liked once, listed in any order."""

import asyncio
from pathlib import Path
from uuid import uuid4

from tortoise.transactions import in_transaction

from models.favorite import Favorite
from models.library import LibraryQuery
from models.track_change import create_track
from models.user import User
from tests.conftest import Connect, MakeTrack
from tests.databases import opened
from tests.test_snapshot import queries
from tests.test_track import TRACK_KEYS, make_artist, names, pages


async def test_a_track_is_liked_once(connect: Connect, make_track: MakeTrack) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    again = await connect(same=ada)
    track = {"trackId": await make_track()}
    likes = await asyncio.gather(*(c.ok("favorite:add", track) for c in (ada, again) * 3))
    assert likes == [await ada.ok("track:get", track)] * 6
    (liked,) = await ada.ok("favorite:list")
    assert set(liked) == {*TRACK_KEYS, "favoritedAt"}
    assert liked["id"] == track["trackId"]
    assert await bob.ok("favorite:list") == []
    for _ in range(2):
        await ada.ok("favorite:remove", track)
    assert await ada.ok("favorite:list") == []
    assert await ada.refused("favorite:add", {"trackId": str(uuid4())}) == "not_found"


async def test_favourites_are_listed_by_what_is_asked_for(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    artist = await make_artist(ada, f"Abba {uuid4().hex}")
    for name, duration, artist_id, genre in (
        ("c", 2.0, None, "Jazz"),
        ("Á", 3.0, None, None),
        ("b", 1.5, artist, "Jazz"),
    ):
        made = await make_track(f"{name} song", duration, artist_id=artist_id, genre=genre)
        await ada.ok("favorite:add", {"trackId": made})
    await make_track("Another song", artist_id=artist)
    for sort, order in (("newest", "bÁc"), ("name", "Ábc"), ("artist", "bÁc"), ("duration", "bcÁ")):
        found = names(await pages(ada, "favorite:list", query="song", sort=sort, limit=1))
        assert [name[0] for name in found] == list(order)
    assert names([await ada.ok("favorite:list", {"artistId": artist})]) == ["b song"]
    assert names([await ada.ok("favorite:list", {"genre": "JAZZ"})]) == ["b song", "c song"]
    assert names([await ada.ok("favorite:list", {"query": "abba"})]) == ["b song"]


async def test_pages_stay_right_while_favourites_come_and_go(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    made = [await make_track(f"{n}") for n in range(5)]
    for track_id in made:
        await ada.ok("favorite:add", {"trackId": track_id})
    first = await ada.call("favorite:list", {"limit": 2})
    assert [track["id"] for track in first["data"]] == [made[4], made[3]]
    await ada.ok("favorite:remove", {"trackId": made[3]})
    await ada.ok("favorite:add", {"trackId": await make_track()})
    rest = await ada.ok("favorite:list", {"cursor": first["meta"]["nextCursor"]})
    assert [track["id"] for track in rest] == made[2::-1]


async def test_more_favourites_take_no_more_queries(tmp_path: Path) -> None:
    counts = []
    async with opened(tmp_path):
        ada = await User.sign_up("ada")
        for _ in range(3):
            async with in_transaction():  # one commit, which is slow on some disks
                for _ in range(4):
                    track = await create_track(
                        None, name="Song", duration=1.0, url="/media/a", mime_type="audio/mp4"
                    )
                    await Favorite.add(ada, track.id)
            with queries() as ran:
                assert (await Favorite.listed(ada, LibraryQuery(50, "newest", "song"))).items
            counts.append(len(ran))
    assert counts == [1] * 3
