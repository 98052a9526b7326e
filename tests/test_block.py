"""Blocks: who is blocked can find the blocker nowhere, and cannot tell them from nobody."""

from uuid import uuid4

import pytest

from tests.conftest import Connect, sign_up
from tests.friends import asks, befriend, delete, friends_of, named, paged, requests_of
from tests.rooms import here, open_room
from tests.servers import House


async def test_who_is_blocked_cannot_tell_the_blocker_from_nobody(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    await ada.ok("user:block", named(bob))
    user, number = ada.user["tag"].split("#")
    nobody_tag = f"{user}#{(int(number) + 1) % 10000:04}"  # right but for the number
    nobody = {"userId": str(uuid4())}
    for event, payload, unknown in (
        ("user:get", named(ada), nobody),
        ("user:get", {"tag": ada.user["tag"]}, {"tag": nobody_tag}),
        ("friend:request", named(ada), nobody),
        ("friend:request", {"tag": ada.user["tag"]}, {"tag": nobody_tag}),
        ("friend:remove", named(ada), nobody),
        ("user:block", named(ada), nobody),
        ("user:unblock", named(ada), nobody),
    ):
        assert await bob.call(event, payload) == await bob.call(event, unknown), event
    assert await bob.refused("user:get", named(ada)) == "not_found"
    assert await bob.refused("friend:request", named(ada)) == "not_found"
    assert await bob.ok("user:list", {"query": user}) == []
    assert await bob.ok("user:blocked") == []


async def test_rooms_of_the_blocker_are_not_found(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    word = uuid4().hex
    room = await open_room(ada, name=word)
    assert len(await bob.ok("room:list", {"query": word})) == 1
    await ada.ok("user:block", named(bob))
    assert await bob.ok("room:list", {"query": word}) == []
    for event, payload in {
        "room:get": here(room),
        "room:join": here(room),
        "room:members": here(room),
        "room:leave": here(room),
        "room:update": here(room, name="Mine"),
        "queue:list": here(room),
        "playback:get": here(room),
        "channel:get": {"channelId": room["channelId"]},
    }.items():
        unknown = {key: str(uuid4()) if key.endswith("Id") else payload[key] for key in payload}
        assert await bob.call(event, payload) == await bob.call(event, unknown), event
    await bob.ok("room:join", here(room, inviteCode=room["inviteCode"]))


async def test_who_is_in_stays_in(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada, name=uuid4().hex)
    await bob.ok("room:join", here(room))
    await ada.ok("user:block", named(bob))
    assert (await bob.ok("room:get", here(room)))["id"] == room["id"]
    assert len(await bob.ok("room:list", {"query": room["name"]})) == 1
    assert len((await bob.ok("user:snapshot"))["rooms"]) == 1
    await bob.ok("room:leave", here(room))
    assert await bob.refused("room:join", here(room)) == "not_found"


async def test_who_blocks_still_finds_whom_they_block(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(bob)
    await ada.ok("user:block", named(bob))
    blocked = await ada.ok("user:get", named(bob))
    assert await ada.ok("user:blocked") == [blocked]
    assert [each["id"] for each in await ada.ok("user:list", {"query": bob.user["username"]})]
    assert await ada.refused("friend:request", named(bob)) == "conflict"
    await ada.ok("room:get", here(room))


async def test_blocking_again_is_no_error_and_unblocking_ends_it(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    for _ in range(2):
        assert await ada.ok("user:block", named(bob)) == {}
    assert len(await ada.ok("user:blocked")) == 1
    for _ in range(2):
        assert await ada.ok("user:unblock", named(bob)) == {}
    assert await ada.ok("user:blocked") == []
    await befriend(bob, ada)


async def test_a_block_ends_a_friendship(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    adas_other = await connect(same=ada)
    await befriend(ada, bob)
    await ada.ok("user:block", named(bob))
    assert await bob.hears("friend:removed") == {"userId": ada.id}
    assert await adas_other.hears("friend:removed") == {"userId": bob.id}
    assert await friends_of(ada) == await friends_of(bob) == []


@pytest.mark.parametrize("asked", ["by the blocker", "by the blocked"])
async def test_a_block_ends_a_request_in_silence(connect: Connect, asked: str) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    request = await asks(ada, bob) if asked == "by the blocker" else await asks(bob, ada)
    await bob.ok("friend:requests")
    bob.forget()
    await ada.ok("user:block", named(bob))
    assert await requests_of(ada) == await requests_of(bob) == ([], [])
    for event in ("friend:accept", "friend:cancel"):
        assert await bob.refused(event, {"requestId": request["id"]}) == "not_found"
    await befriend(eve, bob)  # whatever was said before has arrived with this
    await bob.hears("friend:request_received")
    heard = {name for name, _ in bob.events}
    assert not heard & {"friend:removed", "friend:request_declined", "friend:request_cancelled"}


async def test_who_cannot_be_blocked(connect: Connect, house: House) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    await delete(house, bob)
    assert await ada.refused("user:block", named(ada)) == "validation_failed"
    assert await ada.refused("user:block", named(bob)) == "not_found"
    assert await ada.refused("user:block", {"userId": str(uuid4())}) == "not_found"
    for payload in ({}, {"userId": None}, {"userId": "x"}, {**named(bob), "tag": "x"}):
        for event in ("user:block", "user:unblock"):
            assert await ada.refused(event, payload) == "validation_failed"


async def test_a_guest_may_block_and_be_blocked(connect: Connect) -> None:
    ada, guest = await connect("ada"), await connect("guest", guest=True)
    await guest.ok("user:block", named(ada))
    assert await ada.refused("user:get", named(guest)) == "not_found"
    await guest.ok("user:unblock", named(ada))
    await ada.ok("user:block", named(guest))
    assert await guest.refused("user:get", named(ada)) == "not_found"


async def test_the_last_blocked_comes_first_in_pages(connect: Connect, house: House) -> None:
    ada = await connect("ada")
    users = [(await sign_up(house.urls[0], "x"))["user"]["id"] for _ in range(5)]
    for user_id in users:
        await ada.ok("user:block", {"userId": user_id})
    found = await paged(ada, "user:blocked", {"limit": 2})
    assert [user["id"] for user in found] == users[::-1]


async def test_what_the_blocker_changes_is_no_news_to_the_blocked(connect: Connect) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    fay = await connect("fay")
    for blocked in (eve, fay):
        await ada.ok("user:block", named(blocked))
    await ada.ok("user:set_status", {"status": "idle"})
    await bob.hears("user:updated", lambda user: user["id"] == ada.id)
    await bob.ok("user:set_status", {"status": "idle"})
    for client in (eve, fay):
        await client.hears("user:updated", lambda user: user["id"] == bob.id)
        assert ada.id not in [user["id"] for user in client.heard("user:updated")]


async def test_the_blockers_public_playlists_do_not_exist_for_the_blocked(connect: Connect) -> None:
    ada, eve = await connect("ada"), await connect("eve")
    playlist = await ada.ok("playlist:create", {"name": "Mine", "isPublic": True})
    which, whose = {"playlistId": playlist["id"]}, {"ownerId": ada.id}
    assert len(await eve.ok("playlist:list", whose)) == 1
    await ada.ok("user:block", named(eve))
    assert await eve.ok("playlist:list", whose) == []
    assert await eve.refused("playlist:get", which) == "not_found"
    await ada.ok("user:unblock", named(eve))
    await eve.ok("playlist:get", which)
