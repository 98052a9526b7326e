"""Searching the library: the same on both databases, whatever is written."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from tortoise import Tortoise
from tortoise.context import TortoiseContext
from tortoise.migrations.api.migrate import migrate

from config.database import open_database, tortoise_config
from models import search_sqlite
from models.artist import Artist
from models.library import LibraryQuery
from models.search import fts_query, matching, tsquery
from models.sql import rows
from models.track import Track
from models.track_change import create_track
from models.user import User
from tests.conftest import Connect, MakeTrack
from tests.databases import empty_database as new_database
from tests.databases import opened


@pytest.mark.parametrize(
    "query",
    [
        "Beyoncé {word}",
        "BEYONCE {word}",
        "{word} beyoncé",
        "bey {word}",
        "{word} crazy love",
        "  lo,  {word} cr ",
        "crazy-love {word}",
    ],
)
async def test_words_are_found_without_regard_to_case_accents_and_order(
    connect: Connect, make_track: MakeTrack, query: str
) -> None:
    ada = await connect("ada")
    word = uuid4().hex
    track_id = await make_track(f"Crazy Love {word}", genre="Beyoncé")
    await make_track(f"Lovely {word}")
    (found,) = await ada.ok("track:list", {"query": query.format(word=word)})
    assert found["id"] == track_id


@pytest.mark.parametrize("query", ["ove {word}", "x{word}", "crazy hate {word}"])
async def test_what_no_word_begins_with_is_not_found(
    connect: Connect, make_track: MakeTrack, query: str
) -> None:
    ada = await connect("ada")
    word = uuid4().hex
    await make_track(f"Crazy Love {word}")
    assert await ada.ok("track:list", {"query": query.format(word=word)}) == []


@pytest.mark.parametrize(
    "name", ["!!!", "+/-", "***", '"', "'", "\\", ":*", "%_", "♥", "👨‍👩‍👧", "\u200d"]
)
async def test_names_of_signs_only_are_found(
    connect: Connect, make_track: MakeTrack, name: str
) -> None:
    ada = await connect("ada")
    genre = uuid4().hex
    track_id = await make_track(name, genre=genre)
    await make_track("letters", genre=genre)
    (found,) = await ada.ok("track:list", {"query": f"{name} {genre}"})
    assert found["id"] == track_id


@pytest.mark.parametrize(
    "query",
    [
        *('"', "'", "\\", "*", ":*", "a:*", "a'b", 'a"b', "a\\", "\\'", "' | 'x':*", "''"),
        *(
            "a & b",
            "!a",
            "a | b",
            "(a",
            "a)",
            "<->",
            "NEAR(a b)",
            "a AND",
            "NOT a",
            "words:a",
            "^a",
        ),
        *("-a", "{words}: a", "%", "_", "$1", "?1", "{0}", "'); DROP TABLE tracks; --", "\u200d"),
        *("ﷺ" * 100, "a " * 50, "😀" * 100, "\u0301" * 100, "\ufffe", "\U000e0001"),
    ],
)
async def test_whatever_is_searched_for_is_answered(connect: Connect, query: str) -> None:
    ada = await connect("ada")
    for event in ("track:list", "artist:list", "playlist:list", "favorite:list"):
        await ada.ok(event, {"query": query})
        assert await ada.ok(event, {"query": f"{uuid4().hex} {query[:60]}"}) == []


async def test_a_name_that_folds_into_very_many_letters_is_kept(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    artist = await ada.ok("artist:create", {"name": f"{uuid4().hex}{'㌀ﷺ' * 80}"})
    (found,) = await ada.ok("artist:list", {"query": artist["name"][:100]})
    assert found["id"] == artist["id"]
    track_id = await make_track(f"{'㌖' * 66} {'㌖' * 65}㌀ {'㌀' * 66}", artist_id=artist["id"])
    (found,) = await ada.ok("track:list", {"query": artist["name"][:100]})
    assert found["id"] == track_id


async def test_a_word_is_found_by_its_first_letter_and_by_all_of_its_many(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    genre, word = uuid4().hex[:20], "supercalifragilisticexpialidocious" * 2
    track_id = await make_track(word, genre=genre)
    for length in (1, 31, 32, 33, 34, 67, 68):
        (found,) = await ada.ok("track:list", {"query": f"{genre} {word[:length]}"})
        assert found["id"] == track_id
    for beginning in ("x", word[1:], word[:31] + "x", word[:32] + "x", word[:40] + "x", word + "x"):
        assert await ada.ok("track:list", {"query": f"{genre} {beginning}"}) == []


async def test_a_query_with_a_null_is_refused(connect: Connect) -> None:
    ada = await connect("ada")
    assert await ada.refused("track:list", {"query": "a\0b"}) == "validation_failed"


def test_a_query_is_quoted_for_either_database() -> None:
    assert tsquery(["a'b", "c\\"]) == "'a''b' & 'c\\\\'"
    assert tsquery(["a" * 32, "b" * 33]) == f"'{'a' * 32}' & '{'b' * 33}':*"
    assert fts_query(['a"b', "c"]) == '"a""b" * AND "c" *'


async def test_users_are_found_by_words(tmp_path: Path) -> None:
    async with opened(tmp_path):
        ada = await User.sign_up("ada")
        await User.filter(id=ada.id).update(words="ada lovelace")
        for query, found in (("love ada", 1), ("", 1), ("bob", 0)):
            assert await matching(User.all(), query).count() == found


@pytest.fixture(params=["sqlite", "postgres"])
def empty_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database without tables; an empty one means SQLite."""
    if request.param == "sqlite":
        yield ""
        return
    with new_database(request.getfixturevalue("postgres_url")) as url:
        yield url


async def test_what_was_there_before_the_search_is_found_too(
    empty_database: str, tmp_path: Path
) -> None:
    config = tortoise_config(empty_database, tmp_path, pool=2)
    artist_id, track_id = uuid4(), uuid4()
    async with TortoiseContext():
        await migrate(config=config, target="models.0002_library_and_people")
        await rows(
            "INSERT INTO artists (id, created_at, name, name_key)"
            " VALUES ($1, CURRENT_TIMESTAMP, 'Björk', 'björk')",
            artist_id,
        )
        await rows(
            "INSERT INTO tracks (id, created_at, name, name_key, duration, url, mime_type,"
            " waveform, artist_id) VALUES ($1, CURRENT_TIMESTAMP, 'Jóga', 'jóga', 30, '/media/a',"
            " 'audio/mp4', '[]', $2)",
            track_id,
            artist_id,
        )
        await Tortoise.close_connections()
    async with open_database(empty_database, tmp_path, 2):
        await search_sqlite.prepare()
        (track,) = (await Track.listed(LibraryQuery(50, "name", "joga bjork"))).items
        assert (track.name_key, track.artist_key) == ("joga", "0bjork")
        assert (await Artist.get(id=artist_id)).sort_key == "bjork"


async def test_sqlite_finds_after_its_triggers_were_lost(tmp_path: Path) -> None:
    async def found(query: str) -> int:
        return len((await Track.listed(LibraryQuery(50, "name", query))).items)

    values = {"duration": 1.0, "url": "/media/a", "mime_type": "audio/mp4"}
    async with opened(tmp_path):
        kept = await create_track(None, name="Kept", **values)
        gone = await create_track(None, name="Gone", **values)
        assert (await found("kept"), await found("gone")) == (1, 1)
        for name in search_sqlite.triggers("tracks"):
            await rows(f"DROP TRIGGER {name}")
        await create_track(None, name="New", **values)
        await gone.delete()
        await search_sqlite.prepare()
        assert (await found("kept"), await found("gone"), await found("new")) == (1, 0, 1)
        # What a row's own number is does not matter.
        await rows("UPDATE tracks SET rowid = rowid + 1000")
        assert (await found("kept"), await found("new")) == (1, 1)
        await Track.filter(id=kept.id).update(words="other")
        assert (await found("kept"), await found("other")) == (0, 1)
