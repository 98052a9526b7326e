"""A room's queue: adding, its orders, and votes."""

import asyncio
from uuid import uuid4

from tests.client import Client
from tests.conftest import Connect, MakeTrack
from tests.playing import add, gather_in, heard_queue, make_playlist, queued
from tests.rooms import here
from tests.servers import House

ITEM_KEYS = {"id", "track", "addedBy", "votes", "addedAt"}


async def test_what_is_added_is_heard_by_all_in_its_order(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob)
    track_id = await make_track("Song")
    item = await bob.ok("queue:add", here(room, trackId=track_id))
    assert set(item) == ITEM_KEYS
    assert (item["addedBy"], item["votes"], item["track"]["id"]) == (bob.id, 0, track_id)
    assert item["track"] == await bob.ok("track:get", {"trackId": track_id})
    heard = await ada.hears("queue:updated")
    assert heard == {"roomId": room["id"], "version": 1, "queue": [item]}
    (second,) = await add(ada, room, track_id)
    assert await heard_queue(bob, room, 2) == [item["id"], second]
    answer = await ada.call("queue:list", here(room))
    assert [each["id"] for each in answer["data"]] == [item["id"], second]
    assert answer["meta"] == {"nextCursor": None, "version": 2}
    assert (await ada.ok("playback:get", here(room)))["status"] == "stopped"


async def test_who_joins_gets_the_queue(connect: Connect, make_track: MakeTrack) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada)
    items = await add(ada, room, await make_track(), await make_track())
    state = await bob.ok("room:join", here(room))
    assert [item["id"] for item in state["queue"]] == items
    assert state["queue"] == await bob.ok("queue:list", here(room))


async def test_all_hear_one_order_when_many_add_at_once(
    connect: Connect, make_track: MakeTrack
) -> None:
    crowd = [await connect("bob", guest=True) for _ in range(6)]
    room = await gather_in(*crowd)
    tracks = [await make_track() for _ in range(4)]
    await asyncio.gather(*(add(each, room, *tracks) for each in crowd))
    final = await queued(crowd[0], room)
    assert len(final) == 24
    for client in crowd:
        assert await heard_queue(client, room, 24) == final
        versions = [heard["version"] for heard in client.heard("queue:updated")]
        assert versions == list(range(1, 25))


# Adding


async def test_the_same_nonce_adds_one_item(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    again = await connect(same=ada)
    room = await gather_in(ada, again)
    payload = here(room, trackId=await make_track(), nonce=uuid4().hex)
    answers = await asyncio.gather(
        *(client.ok("queue:add", payload) for client in (ada, again) for _ in range(4))
    )
    assert answers == [answers[0]] * 8
    assert await queued(ada, room) == [answers[0]["id"]]
    other = {**payload, "trackId": await make_track()}
    assert await ada.refused("queue:add", other) == "conflict"


async def test_a_nonce_brings_nothing_back(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    payload = here(room, trackId=await make_track(), nonce=uuid4().hex)
    first = await ada.ok("queue:add", payload)
    await ada.ok("queue:remove", here(room, itemId=first["id"]))
    assert await ada.ok("queue:add", payload) == first
    assert await queued(ada, room) == []


async def test_a_playlist_is_added_in_its_order(
    connect: Connect, make_track: MakeTrack, house: House
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob)
    tracks = [await make_track(name) for name in ("A", "B", "A")]
    mine = await make_playlist(house, ada, *tracks)
    added = await ada.ok("queue:add", here(room, playlistId=mine))
    assert [item["track"]["id"] for item in added["items"]] == tracks
    assert added == {**added["items"][0], "items": added["items"]}
    assert await ada.ok("queue:list", here(room)) == added["items"]
    assert len(ada.heard("queue:updated")) == 1
    assert await bob.refused("queue:add", here(room, playlistId=mine)) == "not_found"
    shared = await make_playlist(house, ada, *tracks, public=True)
    await bob.ok("queue:add", here(room, playlistId=shared))
    empty = await make_playlist(house, ada)
    assert await ada.refused("queue:add", here(room, playlistId=empty)) == "conflict"


async def test_a_full_queue_takes_nothing_more(
    connect: Connect, make_track: MakeTrack, house: House
) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    track_id = await make_track()
    hundred = await make_playlist(house, ada, *[track_id] * 100)
    for _ in range(4):
        await ada.ok("queue:add", here(room, playlistId=hundred))
    await add(ada, room, track_id)
    assert await ada.refused("queue:add", here(room, playlistId=hundred)) == "conflict"
    assert len(await queued(ada, room)) == 401


async def test_exactly_one_thing_is_added(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    track_id, playlist_id = await make_track(), str(uuid4())
    for wrong in (
        {},
        {"trackId": track_id, "playlistId": playlist_id},
        {"playlistId": playlist_id, "nonce": "n"},
    ):
        assert await ada.refused("queue:add", here(room, **wrong)) == "validation_failed"
    assert await ada.refused("queue:add", here(room, trackId=str(uuid4()))) == "not_found"
    assert await ada.refused("queue:add", here(room, playlistId=playlist_id)) == "not_found"


# Its orders


async def test_people_take_turns_in_a_fair_queue(connect: Connect, make_track: MakeTrack) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob, queueOrder="fair")
    track_id = await make_track()
    a1, a2, a3 = await add(ada, room, track_id, track_id, track_id)
    b1, b2 = await add(bob, room, track_id, track_id)
    assert await queued(ada, room) == [a1, b1, a2, b2, a3]
    await ada.ok("playback:play", here(room))
    assert await queued(ada, room) == [b1, a2, b2, a3]
    await ada.ok("playback:skip", here(room))
    assert await queued(ada, room) == [a2, b2, a3]
    (b3,) = await add(bob, room, track_id)
    assert await queued(ada, room) == [a2, b2, a3, b3]


async def test_votes_order_a_queue_where_they_should(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob, queueOrder="votes")
    track_id = await make_track()
    first, second, third = await add(ada, room, track_id, track_id, track_id)

    async def votes(client: Client, item: str, vote: int) -> list[str]:
        await client.ok("queue:vote", here(room, itemId=item, vote=vote))
        return await queued(bob, room)

    assert await votes(ada, third, 1) == [third, first, second]
    assert await votes(ada, second, 1) == [second, third, first]
    assert await votes(bob, third, 1) == [third, second, first]
    assert await votes(bob, third, -1) == [second, first, third]
    assert await votes(bob, third, 0) == [second, third, first]
    counts = {item["id"]: item["votes"] for item in await ada.ok("queue:list", here(room))}
    assert counts == {first: 0, second: 1, third: 1}
    assert (await ada.ok("playback:play", here(room)))["queueItemId"] == second


async def test_a_vote_that_changes_nothing_is_told_to_nobody(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    (item,) = await add(ada, room, await make_track())
    for vote in (0, 1, 1, 1, 0, 0):
        await ada.ok("queue:vote", here(room, itemId=item, vote=vote))
    assert (await ada.call("queue:list", here(room)))["meta"]["version"] == 3
    assert len(ada.heard("queue:updated")) == 3
