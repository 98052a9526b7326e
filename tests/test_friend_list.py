"""Friends and requests as they are listed: in order, in pages, with what is heard, and bounded."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from models.friend import FriendRequest, Friendship, pair_of
from models.friend_list import friends_of as read_friends
from models.friend_request import OpenRequests
from models.member import Member
from models.presence_local import LocalPresence
from models.room_founding import found_room
from models.row import new_id
from models.user import User
from tests.client import Client
from tests.conftest import Connect, MakeTrack
from tests.databases import opened
from tests.friends import asks, befriend, named, paged, requests_of
from tests.playing import add
from tests.rooms import Json, here, open_room
from tests.servers import House
from tests.test_snapshot import queries


async def test_friends_are_sorted_by_the_name_they_show(connect: Connect) -> None:
    ada = await connect("ada")
    names = ["Zoë", "émile", "Anna", "bob", "Bob"]
    ids = {}
    for name in names:
        friend = await connect("x")
        await friend.ok("user:update_profile", {"displayName": name})
        await befriend(friend, ada)
        ids[friend.id] = name
    pages = await paged(ada, "friend:list", {"limit": 2})
    found = [friend["user"]["id"] for friend in pages]
    assert set(found) == set(ids)
    assert [ids[each].lower() for each in found] == ["anna", "bob", "bob", "émile", "zoë"]
    for query, names in {"EMI": ["émile"], "zoe": ["Zoë"], "BO": ["bob", "Bob"]}.items():
        some = await ada.ok("friend:list", {"query": query})
        assert sorted(friend["user"]["displayName"] for friend in some) == sorted(names)


@pytest.mark.parametrize("cursor", ["rubbish", "W10", "WzEsMl0", "WyJhIiwieCJd"])
async def test_a_made_up_cursor_is_refused(connect: Connect, cursor: str) -> None:
    ada = await connect("ada")
    for event in ("friend:list", "user:blocked"):
        assert await ada.refused(event, {"cursor": cursor}) == "validation_failed"


async def listening(client: Client) -> Json | None:
    (friend,) = await client.ok("friend:list")
    heard: Json | None = friend["listening"]
    return heard


async def test_friends_show_what_they_listen_to(connect: Connect, make_track: MakeTrack) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    await befriend(ada, bob)
    room = await open_room(bob)
    where = {"roomId": room["id"], "roomName": "Kitchen"}
    assert await listening(ada) == {**where, "track": None}
    track = await ada.ok("track:get", {"trackId": await make_track()})
    await add(bob, room, track["id"])
    track["waveform"] = []
    waiting = await bob.ok("playback:play", here(room))
    assert (waiting["status"], await listening(ada)) == ("waiting", {**where, "track": track})
    await bob.ok("playback:ready", here(room, version=waiting["version"]))
    assert await listening(ada) == {**where, "track": track}
    await bob.ok("playback:pause", here(room))
    assert await listening(ada) == {**where, "track": None}
    await bob.ok("playback:play", here(room))
    await bob.ok("room:update", here(room, visibility="friends"))
    assert await listening(ada) == {**where, "track": track}
    await bob.ok("room:update", here(room, visibility="private"))
    assert await listening(ada) is None


async def test_who_is_invisible_listens_to_nothing(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    await befriend(ada, bob)
    await open_room(bob)
    await bob.ok("user:set_status", {"status": "dnd"})
    (friend,) = await ada.ok("friend:list")
    assert (friend["user"]["status"], friend["listening"]["roomName"]) == ("dnd", "Kitchen")
    await bob.ok("user:set_status", {"status": "offline"})
    (friend,) = await ada.ok("friend:list")
    assert (friend["user"]["status"], friend["listening"]) == ("offline", None)


async def test_a_room_whose_host_blocks_me_is_nothing_to_listen_to(connect: Connect) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    await befriend(ada, bob)
    await bob.ok("room:join", here(await open_room(eve)))
    assert await listening(ada)
    await eve.ok("user:block", named(ada))
    assert await listening(ada) is None


async def crowd(size: int) -> tuple[User, list[User]]:
    """A user, and `size` others, each of whom is a friend in a room, asks them and is asked."""
    hub = await User.sign_up("hub")
    names = [f"friend-{number}" for number in range(size)]
    users = [await User.sign_up(name) for name in names]
    now = datetime.now(UTC)
    for user in users:
        room = await found_room(user, now, None, name="Kitchen")
        await Member.filter(room_id=room.id).update(disconnected_at=None)
        for one, other in ((hub, user), (user, hub)):
            await Friendship.create(user=one, friend=other, created_at=now)
            pair = f"{one.id}:{other.id}"  # both ways at once never happens: this is for counting
            await FriendRequest.create(requester=one, receiver=other, pair=pair)
    return hub, users


async def test_many_friends_take_as_many_queries_as_one(tmp_path: Path) -> None:
    counts: list[tuple[int, int]] = []
    for size in (1, 30):
        folder = tmp_path / str(size)
        folder.mkdir()
        async with opened(folder):
            presence = LocalPresence(lambda: 0.0)
            hub, users = await crowd(size)
            for user in users:
                await presence.connect(user.id, str(user.id))
            with queries() as for_list:
                page = await read_friends(hub.id, presence, 100)
            with queries() as for_requests:
                requests = await OpenRequests.of(hub.id)
            assert len(page.items) == len(requests.incoming) == len(requests.outgoing) == size
            assert all(friend.listening for friend in page.items)
            counts.append((len(for_list), len(for_requests)))
    assert counts == [counts[0]] * 2
    assert max(counts[0]) < 8


async def test_the_newest_requests_come_first_and_the_older_after(connect: Connect) -> None:
    ada = await connect("ada")
    asking = [await connect("x") for _ in range(3)]
    ids = [(await asks(client, ada))["id"] for client in asking]
    newest = await ada.ok("friend:requests")
    assert [each["id"] for each in newest["incoming"]] == ids[::-1]
    older = await ada.ok("friend:requests", {"before": ids[2]})
    assert [each["id"] for each in older["incoming"]] == [ids[1], ids[0]]


@pytest.mark.parametrize(("most", "kind"), [(1000, "friends"), (500, "sent"), (500, "received")])
async def test_who_has_too_many_is_told(
    connect: Connect, house: House, most: int, kind: str
) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    request = await asks(eve, ada if kind == "friends" else bob)
    await fill(house, ada, most, kind)
    if kind == "friends":
        assert await ada.refused("friend:accept", {"requestId": request["id"]}) == "conflict"
        assert await ada.refused("friend:request", named(eve)) == "conflict"
        assert await requests_of(ada) == ([eve.id], [])
    elif kind == "sent":
        assert await ada.refused("friend:request", named(bob)) == "conflict"
    else:
        assert await bob.refused("friend:request", named(ada)) == "conflict"


async def fill(house: House, client: Client, most: int, kind: str) -> None:
    """Give a user as many as they may have, of people who are nowhere to be seen."""
    ids, me, now = [new_id() for _ in range(most)], UUID(client.id), datetime.now(UTC)
    users = [
        f"('{each}', '{now}', '{each.hex}', '{each.hex}', 1, 'local', false, '-', 'online', 'user',"
        f" false, '{now}')"
        for each in ids
    ]
    columns = (
        "id, created_at, username, username_key, tag_number, provider, two_factor_enabled,"
        " display_name, chosen_status, role, is_guest, updated_at"
    )
    await house.execute(f"INSERT INTO users ({columns}) VALUES {', '.join(users)}")
    if kind == "friends":
        pairs = [pair for each in ids for pair in ((me, each), (each, me))]
        rows = [f"('{new_id()}', '{now}', '{one}', '{other}')" for one, other in pairs]
        table = "friendships (id, created_at, user_id, friend_id)"
    else:
        pairs = [(me, each) if kind == "sent" else (each, me) for each in ids]
        rows = [
            f"('{new_id()}', '{now}', '{one}', '{other}', '{pair_of(one, other)}')"
            for one, other in pairs
        ]
        table = "friend_requests (id, created_at, requester_id, receiver_id, pair)"
    await house.execute(f"INSERT INTO {table} VALUES {', '.join(rows)}")
