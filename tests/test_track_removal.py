"""Deleting tracks: gone from everywhere at once, and rooms go on to the next exactly once."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.client import PATIENCE_S, Client
from tests.conftest import Connect, MakeTrack
from tests.playing import add, gather_in, on, play, queued, where
from tests.rooms import Json, here, open_room
from tests.servers import House
from tests.test_artist import make_moderator
from tests.test_playlist import make_playlist, tracks_in


def states(client: Client, room: Json, after: int) -> list[Json]:
    """The playbacks of that room which were heard beyond version `after`, in order."""
    heard = [s for s in client.heard("playback:state") if s["roomId"] == room["id"]]
    return [state for state in heard if state["version"] > after]


async def test_only_who_uploaded_it_and_moderators_delete_a_track(
    connect: Connect, make_track: MakeTrack, house: House
) -> None:
    ada, bob, mod = [await connect(name) for name in ("ada", "bob", "mod")]
    await make_moderator(house, mod)
    mod = await connect(same=mod)
    one, two = [{"trackId": await make_track(uploaded_by=ada.id)} for _ in range(2)]
    nobodys = {"trackId": await make_track()}
    for track in (one, nobodys):
        assert await bob.refused("track:delete", track) == "forbidden"
    await ada.ok("track:delete", one)
    await mod.ok("track:delete", two)
    await mod.ok("track:delete", nobodys)
    assert await ada.refused("track:delete", one) == "not_found"


async def test_a_deleted_track_is_nowhere(
    connect: Connect, make_track: MakeTrack, house: House
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    word = uuid4().hex
    track_id = await make_track(word, uploaded_by=ada.id)
    other = await make_track("other")
    track = {"trackId": track_id}
    folder = house.data_dir / "media" / "tracks" / track_id
    folder.mkdir(parents=True)
    (folder / "audio.m4a").write_bytes(b"sound")
    playlist = await make_playlist(bob, other, track_id)
    await bob.ok("favorite:add", track)
    room = await open_room(bob)
    adding = here(room, **track, nonce=uuid4().hex)
    await bob.ok("queue:add", adding)
    await ada.ok("track:delete", track)
    assert await tracks_in(bob, playlist) == [other]
    assert (await bob.ok("playlist:get", playlist))["trackCount"] == 1
    assert await bob.ok("favorite:list") == await bob.ok("track:list", {"query": word}) == []
    assert await queued(bob, room) == []
    assert not folder.exists()
    assert await house.fetch("SELECT id FROM tracks WHERE id = $1", UUID(track_id)) == []
    for event, payload in (
        ("track:get", track),
        ("track:update", track),
        ("favorite:add", track),
        ("queue:add", here(room, **track)),
        ("queue:add", adding),
        ("playback:play", here(room, **track)),
        ("playlist:add_track", {**playlist, **track}),
    ):
        assert await bob.refused(event, payload) == "not_found", event


@pytest.mark.parametrize("status", ["waiting", "playing", "paused"])
async def test_a_room_that_has_it_on_goes_on_to_the_next_once(
    connect: Connect, make_track: MakeTrack, status: str
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    gone, follows = await make_track("gone", uploaded_by=ada.id), await make_track("next")
    room = await gather_in(bob, ada)
    items = await add(bob, room, gone, gone, follows)
    before = await bob.ok("playback:play", here(room))
    if status != "waiting":
        for client in (ada, bob):
            await client.ok("playback:ready", here(room, version=before["version"]))
        before = await bob.hears("playback:state", on(gone, status="playing"))
    if status == "paused":
        before = await bob.ok("playback:pause", here(room))
    await ada.ok("track:delete", {"trackId": gone})
    for client in (ada, bob):
        state = await client.hears("playback:state", on(follows, status="waiting"))
        assert (state["reason"], state["changedBy"]) == ("removed", None)
        assert state["queueItemId"] == items[2]
        assert state["version"] == before["version"] + 1
        await client.hears("queue:updated", where(roomId=room["id"], queue=[]))
    now = await bob.ok("playback:get", here(room))
    assert now["version"] in {state["version"], state["version"] + 1}  # the gate may have opened
    assert now["track"]["id"] == follows


async def test_a_room_with_nothing_else_stops(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    gone = await make_track(uploaded_by=ada.id)
    for settings in ({"repeat": "track"}, {"repeat": "queue"}, {}):
        gone = await make_track(uploaded_by=ada.id)
        room = await open_room(ada)
        await ada.ok("room:update", here(room, **settings))
        await add(ada, room, gone)
        await play(room, ada)
        await ada.ok("track:delete", {"trackId": gone})
        stopped = await ada.hears("playback:state", where(roomId=room["id"], status="stopped"))
        assert (stopped["track"], stopped["reason"]) == (None, "removed")


async def test_autoplay_goes_on_without_it(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    one, gone, three = [await make_track(name, uploaded_by=ada.id) for name in "abc"]
    playlist = await make_playlist(ada, one, gone, three)
    room = await open_room(ada)
    await ada.ok("room:update", here(room, autoplayPlaylistId=playlist["playlistId"]))
    await play(room, ada)
    await ada.ok("playback:skip", here(room))
    await ada.hears("playback:state", on(gone, status="waiting"))
    await ada.ok("track:delete", {"trackId": gone})
    state = await ada.hears("playback:state", on(three, reason="removed"))
    assert state["roomId"] == room["id"]
    assert (await ada.ok("playback:skip", here(room)))["track"]["id"] == one
    assert (await ada.ok("playback:skip", here(room)))["track"]["id"] == three


async def test_it_is_deleted_once_by_two_at_once(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    again = await connect(same=ada)  # on the other process
    gone, *rest = [await make_track(uploaded_by=ada.id) for _ in range(3)]
    room = await gather_in(ada, again)
    await add(ada, room, gone, *rest)
    before = await play(room, ada)
    deleting = [c.call("track:delete", {"trackId": gone}) for c in (ada, again) * 2]
    codes = sorted(a.get("code", "deleted") for a in await asyncio.gather(*deleting))
    assert codes == ["deleted"] + ["not_found"] * 3
    await ada.hears("playback:state", on(rest[0], reason="removed"))
    assert len(await queued(ada, room)) == 1
    removed = [s for s in states(ada, room, before["version"]) if s["reason"] == "removed"]
    assert len(removed) == 1


async def test_who_comes_with_it_at_the_same_moment_comes_to_nothing(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room, other = await open_room(ada), await open_room(bob)
    for _ in range(5):
        gone = {"trackId": await make_track(uploaded_by=ada.id)}
        playlist = await make_playlist(bob)
        answers = await asyncio.gather(
            ada.call("track:delete", gone),
            bob.call("queue:add", here(other, **gone)),
            bob.call("favorite:add", gone),
            bob.call("playlist:add_track", {**playlist, **gone}),
            bob.call("playback:play", here(other, **gone)),
        )
        assert {answer.get("code", "done") for answer in answers} <= {"done", "not_found"}
        assert answers[0]["success"]
        assert await queued(bob, other) == await tracks_in(bob, playlist) == []
        assert (await bob.ok("playback:get", here(other)))["track"] is None
        assert await bob.ok("favorite:list") == []
    assert await queued(ada, room) == []


async def test_what_is_only_marked_is_taken_away_by_the_housekeeping(
    connect: Connect, make_track: MakeTrack, house: House
) -> None:
    ada = await connect("ada")
    marked, follows = [await make_track() for _ in range(3)], await make_track("next")
    room = await open_room(ada)
    await add(ada, room, marked[0], follows, marked[1])
    await play(room, ada)
    artist = (await ada.ok("artist:create", {"name": uuid4().hex}))["id"]
    await house.execute(
        "UPDATE tracks SET artist_id = $1 WHERE id = $2", UUID(artist), UUID(marked[2])
    )
    ids = ", ".join(f"'{track_id}'" for track_id in marked)
    await house.execute(f"UPDATE tracks SET deleted_at = CURRENT_TIMESTAMP WHERE id IN ({ids})")
    await ada.ok("artist:delete", {"artistId": artist})  # who is being deleted counts no more
    state = await ada.hears("playback:state", on(follows, reason="removed"))
    async with asyncio.timeout(PATIENCE_S):
        while await house.fetch(f"SELECT id FROM tracks WHERE id IN ({ids})"):
            await asyncio.sleep(0.1)
    assert await queued(ada, room) == []
    reasons = [s["reason"] for s in states(ada, room, state["version"] - 1)]
    assert reasons.count("removed") == 1


async def test_what_is_marked_is_seen_by_nobody_before_it_is_gone(
    connect: Connect, make_track: MakeTrack, house: House
) -> None:
    """A playlist goes into the queue, and its places are counted, without it."""
    ada = await connect("ada")
    a, gone, b, c = [await make_track(name, uploaded_by=ada.id) for name in "axbc"]
    playlist = await make_playlist(ada, a, gone, b)
    room = await open_room(ada)
    await house.execute(
        "UPDATE tracks SET deleted_at = CURRENT_TIMESTAMP WHERE id = $1", UUID(gone)
    )
    await ada.ok("playlist:add_track", {**playlist, "trackId": c, "position": 1})
    assert await tracks_in(ada, playlist) == [a, c, b]
    added: Any = await ada.ok("queue:add", here(room, **playlist))
    assert [item["track"]["id"] for item in added["items"]] == [a, c, b]
