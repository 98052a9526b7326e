"""Who is in charge of a room, and what only they may do."""

from functools import partial
from uuid import uuid4

import pytest

from tests.conftest import Connect
from tests.rooms import here, open_room, roles, says
from tests.servers import House


async def test_the_host_changes_the_settings(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    await bob.ok("room:join", here(room))
    changes = {
        "name": "Hall",
        "visibility": "private",
        "controlMode": "djs",
        "queueOrder": "votes",
        "capacity": 7,
        "repeat": "queue",
    }
    assert changes.items() <= (await ada.ok("room:update", here(room, **changes))).items()
    heard = await bob.hears("room:updated")
    assert changes.items() <= heard.items()
    assert heard["memberCount"] == 2


async def test_another_order_of_the_queue_is_heard(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    await bob.ok("room:join", here(room))
    await ada.ok("room:update", here(room, queueOrder="fifo", name="Hall"))
    await ada.ok("room:update", here(room, queueOrder="fair"))
    heard = await bob.hears("queue:updated")
    assert heard == {"roomId": room["id"], "version": 1, "queue": []}


async def test_an_autoplay_playlist_must_be_visible(connect: Connect, house: House) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    visible = {}
    for name, owner, is_public in (
        ("own", ada, False),
        ("shared", bob, True),
        ("foreign", bob, False),
    ):
        playlist_id = uuid4()
        visible[name] = str(playlist_id)
        await house.execute(
            "INSERT INTO playlists (id, created_at, updated_at, name, is_public, owner_id)"
            " VALUES ($1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, $2, $3, $4)",
            playlist_id,
            name,
            is_public,
            owner.id,
        )
    for name in ("own", "shared"):
        changed = await ada.ok("room:update", here(room, autoplayPlaylistId=visible[name]))
        assert changed["autoplayPlaylistId"] == visible[name]
    for wrong in (visible["foreign"], str(uuid4())):
        payload = here(room, autoplayPlaylistId=wrong)
        assert await ada.refused("room:update", payload) == "not_found"
    changed = await ada.ok("room:update", here(room, autoplayPlaylistId=None))
    assert changed["autoplayPlaylistId"] is None


@pytest.mark.parametrize("is_member", [True, False])
async def test_only_the_host_may(connect: Connect, is_member: bool) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    if is_member:
        await bob.ok("room:join", here(room))
        await ada.ok("room:set_role", here(room, userId=bob.id, role="dj"))
    for event, payload in {
        "room:update": here(room, name="Mine"),
        "room:close": here(room),
        "room:set_role": here(room, userId=ada.id, role="dj"),
        "room:kick": here(room, userId=ada.id),
        "room:transfer_host": here(room, userId=bob.id),
    }.items():
        assert await bob.refused(event, payload) == "forbidden", event


async def test_roles_are_given_and_taken_by_the_host(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    await bob.ok("room:join", here(room))
    member = await ada.ok("room:set_role", here(room, userId=bob.id, role="dj"))
    assert (member["role"], member["user"]["id"]) == ("dj", bob.id)
    heard = await bob.hears("room:member_updated", lambda e: e["member"]["role"] == "dj")
    assert heard == {"roomId": room["id"], "member": member}
    await ada.ok("room:set_role", here(room, userId=bob.id, role="listener"))
    await bob.hears("room:member_updated", lambda e: e["member"]["role"] == "listener")
    itself = here(room, userId=ada.id, role="dj")
    assert await ada.refused("room:set_role", itself) == "conflict"
    nobody = here(room, userId=str(uuid4()), role="dj")
    assert await ada.refused("room:set_role", nobody) == "not_found"


async def test_the_host_hands_the_room_over(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    await bob.ok("room:join", here(room))
    changed = await ada.ok("room:transfer_host", here(room, userId=bob.id))
    assert changed["hostId"] == bob.id
    for client in (ada, bob):
        heard = await client.hears("room:host_changed")
        assert heard == {"roomId": room["id"], "hostId": bob.id}
        for user_id, role in ((ada.id, "dj"), (bob.id, "host")):
            await client.hears("room:member_updated", partial(says, user_id, role))
    assert await roles(ada, room) == {bob.id: "host", ada.id: "dj"}
    assert await ada.refused("room:close", here(room)) == "forbidden"


async def test_the_room_is_handed_only_to_who_is_there(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    assert await ada.refused("room:transfer_host", here(room, userId=bob.id)) == "not_found"
    await bob.ok("room:join", here(room))
    await bob.close()
    await ada.hears("room:member_updated", lambda e: not e["member"]["connected"])
    assert await ada.refused("room:transfer_host", here(room, userId=bob.id)) == "conflict"


async def test_a_host_who_leaves_is_succeeded_at_once(connect: Connect) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    room = await open_room(ada)
    for client in (bob, eve):
        await client.ok("room:join", here(room))
    await ada.ok("room:set_role", here(room, userId=eve.id, role="dj"))
    await ada.ok("room:leave", here(room))
    assert (await bob.hears("room:host_changed"))["hostId"] == eve.id
    assert await roles(bob, room) == {eve.id: "host", bob.id: "listener"}
