"""Rooms: opening, finding, entering, leaving, and who is in charge."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client
from tests.conftest import Connect
from tests.servers import House

Json = dict[str, Any]


async def open_room(host: Client, **settings: Any) -> Json:
    """A new room of `host`, who has joined it; with its invite code."""
    made = await host.ok("room:create", {"name": "Kitchen", **settings})
    await host.ok("room:join", {"roomId": made["room"]["id"]})
    return {**made["room"], "inviteCode": made["inviteCode"]}


def here(room: Json, **more: Any) -> Json:
    """The payload of what is done in `room`."""
    return {"roomId": room["id"], **more}


async def roles(client: Client, room: Json) -> dict[str, str]:
    """Each member's role, in the order of the list."""
    members = await client.ok("room:members", here(room))
    return {member["user"]["id"]: member["role"] for member in members}


# Opening and finding


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


@pytest.mark.parametrize("cursor", ["rubbish", "W10", "WzEsMl0", "WzFlOTksIngiXQ", "WzEsIngiXQ"])
@pytest.mark.parametrize("event", ["room:list", "room:members"])
async def test_a_made_up_cursor_is_refused(connect: Connect, event: str, cursor: str) -> None:
    ada = await connect("ada")
    where = here(await open_room(ada)) if event == "room:members" else {}
    assert await ada.refused(event, {**where, "cursor": cursor}) == "validation_failed"


# Hidden is not found


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


# Entering and leaving


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


def who(event: Json) -> str:
    """Whom an event with a member is about."""
    user_id: str = event["member"]["user"]["id"]
    return user_id


def about(client: Client) -> Callable[[Json], bool]:
    """Whether an event with a member is about that client's user."""
    return lambda event: who(event) == client.id


def says(user_id: str, role: str, event: Json) -> bool:
    """Whether an event says that this member has this role."""
    return who(event) == user_id and event["member"]["role"] == role


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


# In charge


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


async def test_the_last_to_leave_closes_the_room(connect: Connect) -> None:
    ada = await connect("ada")
    room = await open_room(ada, visibility="private")
    await ada.ok("room:leave", here(room))
    code = room["inviteCode"]
    assert await ada.refused("room:join", here(room, inviteCode=code)) == "not_found"


# Bad payloads

ID = str(uuid4())
GOOD: dict[str, Json] = {
    "room:create": {"name": "Kitchen"},
    "room:list": {},
    "room:get": {"roomId": ID},
    "room:join": {"roomId": ID},
    "room:leave": {"roomId": ID},
    "room:members": {"roomId": ID},
    "room:update": {"roomId": ID},
    "room:close": {"roomId": ID},
    "room:set_role": {"roomId": ID, "userId": ID, "role": "dj"},
    "room:kick": {"roomId": ID, "userId": ID},
    "room:transfer_host": {"roomId": ID, "userId": ID},
}
SETTINGS: list[Json] = [
    {"name": ""},
    {"name": "  "},
    {"name": "x" * 81},
    {"name": 5},
    {"name": None},
    {"name": "a\u0000b"},
    {"visibility": "secret"},
    {"visibility": ["public"]},
    {"controlMode": "nobody"},
    {"queueOrder": 1},
    {"capacity": 0},
    {"capacity": 1001},
    {"capacity": "5"},
    {"capacity": True},
    {"capacity": 2.5},
]
BAD: dict[str, list[Json]] = {
    "room:create": [*SETTINGS, {"nonce": ""}, {"nonce": "x" * 65}, {"nonce": 1}],
    "room:update": [*SETTINGS, {"repeat": "once"}, {"autoplayPlaylistId": "x"}],
    "room:list": [{"query": ""}, {"query": 5}, {"limit": 0}, {"limit": 101}, {"cursor": 5}],
    "room:members": [{"limit": "5"}, {"cursor": ""}],
    "room:join": [{"inviteCode": 5}, {"inviteCode": "x" * 33}, {"inviteCode": None}],
    "room:set_role": [{"role": "host"}, {"role": None}, {"userId": "x"}, {"userId": 5}],
    "room:kick": [{"userId": None}],
    "room:transfer_host": [{"userId": []}],
}


@pytest.mark.parametrize("event", GOOD)
async def test_what_is_not_of_the_form_is_refused(connect: Connect, event: str) -> None:
    ada = await connect("ada")
    good = GOOD[event]
    wrong: list[Any] = [{**good, **bad} for bad in BAD.get(event, [])]
    wrong += [{**good, "surprise": 1}, [], "text", 5, (good, good)]
    wrong += [{key: good[key] for key in good if key != missing} for missing in good]
    if "roomId" in good:
        wrong += [{**good, "roomId": bad} for bad in (5, None, "x", ID[:-1], {"id": ID})]
    for payload in wrong:
        answer = await ada.call(event, payload)
        assert answer.get("code") == "validation_failed", (event, payload, answer)
        assert answer["details"]


async def test_a_room_that_never_was_is_not_found(connect: Connect) -> None:
    ada = await connect("ada")
    for event, payload in GOOD.items():
        if "roomId" in payload:
            assert await ada.refused(event, payload) == "not_found", event
