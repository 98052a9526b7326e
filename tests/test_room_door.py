"""Entering a room and leaving it, by one's own will or not."""

import asyncio
from uuid import uuid4

from tests.conftest import Connect
from tests.rooms import Json, about, here, open_room, roles, who
from tests.servers import House


async def test_joining_gives_the_whole_state(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    said = await ada.ok("message", {"channelId": room["channelId"], "content": "Hello"})
    state = await bob.ok("room:join", here(room))
    assert set(state) == {"room", "members", "playback", "queue", "messages", "you"}
    assert state["room"]["memberCount"] == 2
    assert [member["user"]["id"] for member in state["members"]] == [ada.id, bob.id]
    assert [member["role"] for member in state["members"]] == ["host", "listener"]
    assert all(member["user"]["status"] == "online" for member in state["members"])
    assert state["playback"]["status"] == "stopped"
    assert state["queue"] == []
    assert [message["id"] for message in state["messages"]] == [said["id"]]
    assert state["you"] == state["members"][1]


async def test_the_others_hear_who_joins_and_who_leaves(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    await bob.ok("room:join", here(room))
    joined = await ada.hears("room:user_joined", lambda e: e["member"]["user"]["id"] == bob.id)
    assert joined["roomId"] == room["id"]
    assert joined["member"]["role"] == "listener"
    assert joined["member"]["connected"] is True
    await bob.ok("room:leave", here(room))
    left = await ada.hears("room:user_left")
    assert left == {"roomId": room["id"], "userId": bob.id, "reason": "left"}


async def test_joining_again_changes_nothing(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    first = await bob.ok("room:join", here(room))
    again = await bob.ok("room:join", here(room))
    assert again["you"] == first["you"]
    assert again["room"]["memberCount"] == 2
    await bob.ok("room:leave", here(room))
    await ada.hears("room:user_left")
    assert [e["member"]["user"]["id"] for e in ada.heard("room:user_joined")] == [bob.id]


async def test_who_left_hears_nothing_more_on_any_socket(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    other = await connect(same=bob)
    room = await open_room(ada)
    for client in (bob, other):
        await client.ok("room:join", here(room))
    await bob.ok("room:leave", here(room))
    await other.hears("room:user_left", lambda e: e["userId"] == bob.id)
    await ada.ok("room:update", here(room, name="Hall"))
    await ada.hears("room:updated")
    assert bob.heard("room:updated") == other.heard("room:updated") == []
    assert await other.refused("room:leave", here(room)) == "forbidden"


async def test_who_comes_back_at_once_stays(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    other = await connect(same=bob)
    room = await open_room(ada)
    for _ in range(10):
        await bob.ok("room:join", here(room))
        await bob.ok("room:leave", here(room))
        await other.ok("room:join", here(room))
        await ada.ok("room:update", here(room, name=uuid4().hex))
        await other.hears("room:updated")
        await other.ok("room:leave", here(room))
        other.forget()


async def test_a_full_room_refuses(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada, capacity=1)
    answer = await bob.call("room:join", here(room))
    assert (answer["code"], answer["error"]) == ("conflict", "Kitchen is full.")
    assert (await ada.ok("room:join", here(room)))["room"]["memberCount"] == 1


async def test_capacity_holds_when_twenty_come_at_once(connect: Connect) -> None:
    ada = await connect("ada")
    room = await open_room(ada, capacity=5)
    crowd = [await connect("bob") for _ in range(20)]
    answers = await asyncio.gather(*(bob.call("room:join", here(room)) for bob in crowd))
    assert sum(answer["success"] for answer in answers) == 4
    assert {answer.get("code", "") for answer in answers} == {"", "conflict"}
    assert (await ada.ok("room:get", here(room)))["memberCount"] == 5
    assert len(await ada.ok("room:members", here(room))) == 5


async def test_all_hear_the_joins_in_one_order(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    await bob.ok("room:join", here(room))
    crowd = [await connect("eve") for _ in range(8)]
    await asyncio.gather(*(eve.ok("room:join", here(room)) for eve in crowd))
    orders = []
    for client in (ada, bob):
        for eve in crowd:
            await client.hears("room:user_joined", about(eve))
        joined = [who(heard) for heard in client.heard("room:user_joined")]
        orders.append([user_id for user_id in joined if user_id != bob.id])
    assert orders[0] == orders[1]
    assert list(await roles(ada, room))[2:] == orders[0]


async def test_members_are_listed_in_pages_by_role_and_time(connect: Connect) -> None:
    ada = await connect("ada")
    room = await open_room(ada)
    others = [await connect("bob") for _ in range(4)]
    for bob in others:
        await bob.ok("room:join", here(room))
    await ada.ok("room:set_role", here(room, userId=others[2].id, role="dj"))
    seen: list[str] = []
    cursor: Json = {}
    while True:
        answer = await ada.call("room:members", here(room, limit=2, **cursor))
        seen += [member["user"]["id"] for member in answer["data"]]
        if answer["meta"]["nextCursor"] is None:
            break
        cursor = {"cursor": answer["meta"]["nextCursor"]}
    assert seen == [ada.id, *(others[index].id for index in (2, 0, 1, 3))]


async def test_a_closed_room_is_no_more(connect: Connect) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    room = await open_room(ada)
    for client in (bob, eve):
        await client.ok("room:join", here(room))
    await ada.ok("room:close", here(room))
    for client in (ada, bob, eve):
        assert await client.hears("room:closed") == {"roomId": room["id"]}
        for event in ("room:get", "room:join", "room:members", "room:leave", "room:close"):
            assert await client.refused(event, here(room)) == "not_found"
    said = {"channelId": room["channelId"], "content": "Anybody?"}
    assert await bob.refused("message", said) == "not_found"
    assert len(bob.heard("room:closed")) == 1


async def test_who_is_kicked_is_told_and_hears_nothing_more(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    other = await connect(same=bob)
    room = await open_room(ada)
    for client in (bob, other):
        await client.ok("room:join", here(room))
    await ada.ok("room:kick", here(room, userId=bob.id))
    told = {"roomId": room["id"], "userId": bob.id, "reason": "kicked"}
    for client in (ada, bob, other):
        assert await client.hears("room:user_left") == told
    await ada.ok("room:update", here(room, name="Hall"))
    await ada.hears("room:updated")
    for client in (bob, other):
        assert client.heard("room:updated") == []
        assert client.heard("room:user_left") == [told]
    assert (await ada.ok("room:get", here(room)))["memberCount"] == 1


async def test_who_was_kicked_stays_out_for_a_while(connect: Connect, house: House) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada, name=uuid4().hex)
    await bob.ok("room:join", here(room))
    await ada.ok("room:kick", here(room, userId=bob.id))
    assert await bob.refused("room:join", here(room)) == "forbidden"
    assert await bob.ok("room:list", {"query": room["name"]}) == []
    await house.execute("UPDATE room_kicks SET until = created_at WHERE user_id = $1", bob.id)
    await bob.ok("room:join", here(room))


async def test_a_kick_makes_the_invite_code_void(connect: Connect) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    room = await open_room(ada, visibility="private")
    await bob.ok("room:join", here(room, inviteCode=room["inviteCode"]))
    await ada.ok("room:kick", here(room, userId=bob.id))
    stale = here(room, inviteCode=room["inviteCode"])
    for client in (bob, eve):
        assert await client.refused("room:join", stale) == "not_found"
    fresh = (await ada.ok("room:get", here(room)))["inviteCode"]
    await eve.ok("room:join", here(room, inviteCode=fresh))


async def test_nobody_kicks_themselves_or_who_is_not_there(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    assert await ada.refused("room:kick", here(room, userId=ada.id)) == "conflict"
    assert await ada.refused("room:kick", here(room, userId=bob.id)) == "not_found"


async def test_a_moderator_kicks_and_closes_in_any_room(connect: Connect, house: House) -> None:
    ada, bob, moderator = [await connect(name) for name in ("ada", "bob", "mod")]
    room = await open_room(ada, visibility="private")
    await bob.ok("room:join", here(room, inviteCode=room["inviteCode"]))
    await house.execute("UPDATE users SET role = 'moderator' WHERE id = $1", moderator.id)
    moderator = await connect(same=moderator)
    await moderator.ok("room:kick", here(room, userId=bob.id))
    await bob.hears("room:user_left")
    assert await moderator.refused("room:update", here(room, name="Mine")) == "not_found"
    await moderator.ok("room:close", here(room))
    await ada.hears("room:closed")


async def test_the_last_to_leave_closes_the_room(connect: Connect) -> None:
    ada = await connect("ada")
    room = await open_room(ada, visibility="private")
    await ada.ok("room:leave", here(room))
    code = room["inviteCode"]
    assert await ada.refused("room:join", here(room, inviteCode=code)) == "not_found"
