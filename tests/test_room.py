"""Rooms: opening and finding them, and that a hidden one is not found."""

import asyncio
from uuid import uuid4

import pytest

from tests.conftest import Connect
from tests.friends import befriend, paged
from tests.rooms import Json, here, open_room


async def test_a_room_is_opened_with_its_defaults(connect: Connect) -> None:
    ada = await connect("ada")
    made = await ada.ok("room:create", {"name": "Kitchen"})
    room = made["room"]
    assert made["inviteCode"]
    channel_id, created_at = room.pop("channelId"), room.pop("createdAt")
    assert channel_id != room["id"]
    assert created_at.endswith("Z")
    assert room == {
        "id": room["id"],
        "name": "Kitchen",
        "visibility": "public",
        "hostId": ada.id,
        "controlMode": "host",
        "queueOrder": "fifo",
        "repeat": "off",
        "autoplayPlaylistId": None,
        "memberCount": 1,
        "capacity": 200,
    }


async def test_the_creator_is_host_and_connected_once_they_join(connect: Connect) -> None:
    ada = await connect("ada")
    room = (await ada.ok("room:create", {"name": "Kitchen"}))["room"]
    (member,) = await ada.ok("room:members", here(room))
    assert (member["role"], member["connected"]) == ("host", False)
    state = await ada.ok("room:join", here(room))
    assert (state["you"]["role"], state["you"]["connected"]) == ("host", True)
    assert state["you"]["user"]["status"] == "online"


async def test_a_guest_may_open_a_room(connect: Connect) -> None:
    guest = await connect("guest", guest=True)
    assert (await open_room(guest))["hostId"] == guest.id


async def test_the_same_nonce_opens_one_room(connect: Connect) -> None:
    ada = await connect("ada")
    again = await connect(same=ada)
    payload = {"name": "Kitchen", "nonce": uuid4().hex}
    made = await asyncio.gather(
        *(client.ok("room:create", payload) for client in (ada, again) for _ in range(3))
    )
    assert len({answer["room"]["id"] for answer in made}) == 1
    assert await ada.refused("room:create", {**payload, "name": "Hall"}) == "conflict"


async def test_a_room_is_found_by_a_part_of_its_name(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    word = uuid4().hex
    room = await open_room(ada, name=f"100% {word} Ünder_Ground")
    for query in (word.upper(), f"100% {word}", f"{word} üNDER_g"):
        (found,) = await bob.ok("room:list", {"query": query})
        assert found["id"] == room["id"]
    assert await bob.ok("room:list", {"query": f"100_ {word}"}) == []


async def test_rooms_are_listed_the_fullest_first_in_pages(connect: Connect) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    word = uuid4().hex
    rooms = [await open_room(ada, name=f"{word} {index}") for index in range(5)]
    for client, some in ((bob, rooms[1:4]), (eve, rooms[2:3])):
        for room in some:
            await client.ok("room:join", here(room))
    seen: list[Json] = []
    cursor: Json = {}
    while True:
        answer = await eve.call("room:list", {"query": word, "limit": 2, **cursor})
        seen += answer["data"]
        if answer["meta"]["nextCursor"] is None:
            break
        cursor = {"cursor": answer["meta"]["nextCursor"]}
    assert [room["memberCount"] for room in seen] == [3, 2, 2, 1, 1]
    assert {room["id"] for room in seen} == {room["id"] for room in rooms}


async def test_the_list_has_what_i_may_join(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    word = uuid4().hex
    settings: list[Json] = [{"capacity": 1}, {"visibility": "private"}, {"visibility": "friends"}]
    rooms = [await open_room(ada, name=word, **some) for some in [*settings, {}]]
    assert [room["id"] for room in await bob.ok("room:list", {"query": word})] == [rooms[3]["id"]]
    assert len(await ada.ok("room:list", {"query": word})) == 4


async def test_friends_of_the_host_find_a_room_for_friends_and_enter_it(connect: Connect) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    word = uuid4().hex
    room = await open_room(ada, name=word, visibility="friends")
    await befriend(bob, eve)
    assert await bob.refused("room:join", here(room)) == "not_found"
    await befriend(ada, bob)
    assert [each["id"] for each in await bob.ok("room:list", {"query": word})] == [room["id"]]
    assert (await bob.ok("room:get", here(room)))["id"] == room["id"]
    await bob.ok("room:join", here(room))
    # Friends of a friend are no friends.
    assert await eve.ok("room:list", {"query": word}) == []
    assert await eve.refused("room:join", here(room)) == "not_found"


async def test_who_is_a_friend_no_more_stays_in_the_room_they_are_in(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    await befriend(ada, bob)
    room, other = [await open_room(ada, name=uuid4().hex, visibility="friends") for _ in range(2)]
    await bob.ok("room:join", here(room))
    await ada.ok("friend:remove", {"userId": bob.id})
    await bob.ok("room:join", here(room))
    assert len(await bob.ok("room:list", {"query": room["name"]})) == 1
    assert await bob.refused("room:get", here(other)) == "not_found"


async def test_the_pages_have_rooms_of_all_kinds_once(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    word = uuid4().hex
    await befriend(ada, bob)
    kinds = ["public", "friends", "private"] * 2
    rooms = [await open_room(ada, name=word, visibility=kind) for kind in kinds]
    await bob.ok("room:join", here(rooms[1]))
    found = await paged(bob, "room:list", {"query": word, "limit": 1})
    assert [room["id"] for room in found] == [rooms[at]["id"] for at in (1, 4, 3, 0)]


@pytest.mark.parametrize("cursor", ["rubbish", "W10", "WzEsMl0", "WzFlOTksIngiXQ", "WzEsIngiXQ"])
@pytest.mark.parametrize("event", ["room:list", "room:members"])
async def test_a_made_up_cursor_is_refused(connect: Connect, event: str, cursor: str) -> None:
    ada = await connect("ada")
    where = here(await open_room(ada)) if event == "room:members" else {}
    assert await ada.refused(event, {**where, "cursor": cursor}) == "validation_failed"


@pytest.mark.parametrize("visibility", ["private", "friends"])
async def test_a_hidden_room_does_not_exist_for_strangers(
    connect: Connect, visibility: str
) -> None:
    ada, eve = await connect("ada"), await connect("eve")
    room = await open_room(ada, visibility=visibility)
    nobody = here(room, userId=ada.id)
    for event, payload in {
        "room:get": here(room),
        "room:join": here(room, inviteCode="a wrong one"),
        "room:members": here(room),
        "room:leave": here(room),
        "room:update": here(room, name="Mine"),
        "room:close": here(room),
        "room:set_role": {**nobody, "role": "dj"},
        "room:kick": nobody,
        "room:transfer_host": nobody,
    }.items():
        unknown = {**payload, "roomId": str(uuid4())}
        assert await eve.call(event, payload) == await eve.call(event, unknown), event
        assert await eve.refused(event, payload) == "not_found", event


async def test_the_invite_code_opens_a_private_room(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada, visibility="private")
    await bob.ok("room:join", here(room, inviteCode=room["inviteCode"]))
    await bob.ok("room:join", here(room))
    assert "inviteCode" not in await bob.ok("room:get", here(room))
    assert (await ada.ok("room:get", here(room)))["inviteCode"] == room["inviteCode"]


async def test_a_room_that_becomes_private_keeps_its_members(connect: Connect) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    room = await open_room(ada)
    await bob.ok("room:join", here(room))
    await ada.ok("room:update", here(room, visibility="private"))
    await bob.ok("room:join", here(room))
    assert await eve.refused("room:join", here(room)) == "not_found"
