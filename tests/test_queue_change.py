"""Changing a room's queue: moving, removing, clearing, and who may."""

import pytest

from tests.conftest import Connect, MakeTrack
from tests.playing import add, gather_in, heard_queue, queued
from tests.rooms import here, open_room

# Moving and removing


async def test_an_item_is_moved_to_any_place_by_who_steers(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob)
    track_id = await make_track()
    one, two, three = await add(bob, room, track_id, track_id, track_id)
    await ada.ok("queue:move", here(room, itemId=three, position=0))
    assert await heard_queue(bob, room, 4) == [three, one, two]
    await ada.ok("queue:move", here(room, itemId=three, position=1))
    await ada.ok("queue:move", here(room, itemId=one, position=99))
    assert await queued(ada, room) == [three, two, one]
    await ada.ok("queue:move", here(room, itemId=one, position=2))
    assert await queued(ada, room) == [three, two, one]
    assert await bob.refused("queue:move", here(room, itemId=one, position=0)) == "forbidden"


async def test_in_a_fair_queue_everybody_moves_their_own(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob, queueOrder="fair")
    track_id = await make_track()
    (a1,) = await add(ada, room, track_id)
    b1, b2 = await add(bob, room, track_id, track_id)
    await bob.ok("queue:move", here(room, itemId=b2, position=0))
    assert await queued(bob, room) == [a1, b2, b1]
    assert await bob.refused("queue:move", here(room, itemId=a1, position=2)) == "forbidden"


async def test_everybody_removes_their_own_items_and_who_steers_any(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob)
    track_id = await make_track()
    (a1,) = await add(ada, room, track_id)
    b1, b2 = await add(bob, room, track_id, track_id)
    assert await bob.refused("queue:remove", here(room, itemId=a1)) == "forbidden"
    await bob.ok("queue:remove", here(room, itemId=b1))
    assert await heard_queue(ada, room, 4) == [a1, b2]
    await ada.ok("queue:remove", here(room, itemId=b2))
    assert await ada.refused("queue:remove", here(room, itemId=b2)) == "not_found"
    assert await queued(ada, room) == [a1]


async def test_what_is_on_is_not_in_the_queue(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    (item,) = await add(ada, room, await make_track())
    await ada.ok("playback:play", here(room))
    assert await queued(ada, room) == []
    assert await ada.refused("queue:remove", here(room, itemId=item)) == "not_found"
    assert await ada.refused("queue:move", here(room, itemId=item, position=0)) == "not_found"
    assert await ada.refused("queue:vote", here(room, itemId=item, vote=1)) == "not_found"


async def test_a_cleared_queue_is_empty_and_what_is_on_stays_on(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob)
    await add(bob, room, *[await make_track() for _ in range(3)])
    state = await ada.ok("playback:play", here(room))
    assert await bob.refused("queue:clear", here(room)) == "forbidden"
    await ada.ok("queue:clear", here(room))
    assert await heard_queue(bob, room, 5) == []
    await ada.ok("queue:clear", here(room))
    assert (await ada.call("queue:list", here(room)))["meta"]["version"] == 5
    assert await ada.ok("playback:get", here(room)) == state


# Who may


@pytest.mark.parametrize(
    ("visibility", "code"), [("private", "not_found"), ("public", "forbidden")]
)
async def test_strangers_change_no_queue(
    connect: Connect, make_track: MakeTrack, visibility: str, code: str
) -> None:
    ada, eve = await connect("ada"), await connect("eve")
    room = await open_room(ada, visibility=visibility, controlMode="everyone")
    (item,) = await add(ada, room, await make_track())
    for event, payload in {
        "queue:add": here(room, trackId=await make_track()),
        "queue:remove": here(room, itemId=item),
        "queue:move": here(room, itemId=item, position=0),
        "queue:vote": here(room, itemId=item, vote=1),
        "queue:clear": here(room),
    }.items():
        assert await eve.refused(event, payload) == code, event
    seen = await eve.call("queue:list", here(room))
    assert seen.get("code", "") == ("not_found" if visibility == "private" else "")
    assert await queued(ada, room) == [item]


async def test_an_item_of_another_room_is_not_found(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    room, other = await gather_in(ada), await gather_in(ada)
    (item,) = await add(ada, other, await make_track())
    assert await ada.refused("queue:remove", here(room, itemId=item)) == "not_found"
    assert await ada.refused("queue:vote", here(room, itemId=item, vote=1)) == "not_found"
