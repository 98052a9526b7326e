"""Friends hear of each other: who is there, whichever process they are on, and what they hear."""

import asyncio
from itertools import pairwise
from typing import Any

from tests.client import Client
from tests.conftest import Connect, MakeTrack, sign_up
from tests.playing import add, gather_in, play
from tests.presence import befriend, hears_status, told, two_friends
from tests.rooms import here, open_room
from tests.servers import House

GRACE_S = 10
FIVE = ("idle", "dnd", "online", "dnd", "idle")
Json = dict[str, Any]


async def set_status(client: Client, status: str) -> None:
    await client.ok("user:set_status", {"status": status})


async def status_of(observer: Client, user: Client) -> str:
    """What anybody sees."""
    status: str = (await observer.ok("user:get", {"userId": user.id}))["status"]
    return status


async def test_a_friend_hears_each_change_once(connect: Connect, house: House) -> None:
    ada, bob = await two_friends(house, connect)
    other, stranger = await connect(same=ada), await connect("eve")
    bob = await connect(same=bob)
    await hears_status(ada, bob, "online")
    assert ada.heard("friend:presence") == [
        {"userId": bob.id, "status": "online", "listening": None}
    ]
    for number, status in enumerate(("idle", "dnd", "offline", "online")):
        await set_status(bob, status)
        await bob.ok("user:update_profile", {"bio": f"Nothing that friends hear: {number}"})
        await hears_status(ada, bob, *["online", "idle", "dnd", "offline", "online"][: number + 2])
    await hears_status(other, bob, "online", "idle", "dnd", "offline", "online")
    assert stranger.heard("friend:presence") == []


async def test_nobody_hears_of_who_is_invisible(connect: Connect, house: House) -> None:
    ada, bob = await two_friends(house, connect)
    bob = await connect(same=bob)
    await hears_status(ada, bob, "online")
    await set_status(bob, "offline")
    await hears_status(ada, bob, "online", "offline")
    await open_room(bob)
    again = await connect(same=bob)
    await bob.close()
    assert await status_of(ada, bob) == "offline"
    await set_status(again, "idle")
    await hears_status(ada, bob, "online", "offline", "idle")
    assert [each["listening"] for each in ada.heard("friend:presence")[:2]] == [None, None]


async def test_a_friend_is_gone_ten_seconds_after_the_last_socket(
    connect: Connect, house: House
) -> None:
    ada, bob = await two_friends(house, connect)
    here, there = await connect(same=bob), await connect(same=bob)
    await hears_status(ada, bob, "online")
    await here.close()
    again = await connect(same=bob)  # as a page does that is loaded again
    await there.close()
    await set_status(again, "idle")
    await hears_status(ada, bob, "online", "idle")
    closed_at = asyncio.get_running_loop().time()
    await again.close()
    assert await status_of(ada, bob) == "idle"
    await hears_status(ada, bob, "online", "idle", "offline", within_s=GRACE_S + 8)
    assert asyncio.get_running_loop().time() - closed_at > GRACE_S - 0.5
    assert await status_of(ada, bob) == "offline"


async def hears_listening(client: Client, room: Json | None, track_id: str | None = None) -> None:
    """Wait until that is the last that was heard of a friend."""

    def is_last(_: Json) -> bool:
        heard = client.heard("friend:presence")[-1]["listening"]
        if heard is None or room is None:
            return heard is room
        return heard["roomId"] == room["id"] and (heard["track"] or {}).get("id") == track_id

    await client.hears("friend:presence", is_last)


async def test_a_friend_hears_what_i_listen_to(
    connect: Connect, house: House, make_track: MakeTrack
) -> None:
    ada, bob = await two_friends(house, connect)
    bob = await connect(same=bob)
    first, second = await make_track("First"), await make_track("Second")
    room = await gather_in(bob)
    await hears_listening(ada, room)
    await play(room, bob, trackId=first)
    await hears_listening(ada, room, first)
    (playing,) = [
        each["listening"]
        for each in ada.heard("friend:presence")
        if (each["listening"] or {}).get("track")
    ]
    assert (playing["roomName"], playing["track"]["name"]) == ("Kitchen", "First")
    assert playing["track"]["waveform"] == []
    await bob.ok("playback:seek", here(room, position=3))
    await add(bob, room, second)
    waiting = await bob.ok("playback:skip", here(room))
    await bob.ok("playback:ready", here(room, version=waiting["version"]))
    await hears_listening(ada, room, second)
    await bob.ok("room:update", here(room, visibility="private"))
    await hears_listening(ada, None)
    await bob.ok("room:update", here(room, visibility="friends"))
    await hears_listening(ada, room, second)
    await bob.ok("room:leave", here(room))
    await hears_listening(ada, None)
    assert set(told(ada, bob)) == {"online"}


async def test_a_page_that_is_loaded_again_was_never_out_of_its_room(
    connect: Connect, house: House
) -> None:
    ada, bob = await two_friends(house, connect)
    bob = await connect(same=bob)
    room = await gather_in(bob)
    await hears_listening(ada, room)
    ada.forget()
    await bob.close()
    again = await connect(same=bob)
    await again.ok("room:join", here(room))
    await set_status(again, "dnd")
    await hears_last(ada, bob, "dnd")
    (heard,) = ada.heard("friend:presence")
    assert heard["listening"]["roomId"] == room["id"]


async def test_a_room_that_is_closed_is_heard_by_nobody(connect: Connect, house: House) -> None:
    ada, bob = await two_friends(house, connect)
    bob, host = await connect(same=bob), await connect("host")
    room = await gather_in(host, bob)
    await hears_listening(ada, room)
    await host.ok("room:close", here(room))
    await hears_listening(ada, None)


async def test_a_private_room_is_told_to_nobody(
    connect: Connect, house: House, make_track: MakeTrack
) -> None:
    ada, bob = await two_friends(house, connect)
    bob = await connect(same=bob)
    room = await gather_in(bob, visibility="private")
    await play(room, bob, trackId=await make_track())
    await set_status(bob, "dnd")
    await ada.hears("friend:presence", lambda each: each["status"] == "dnd")
    assert [each["listening"] for each in ada.heard("friend:presence")] in ([None], [None, None])


async def hears_last(client: Client, of: Client, status: str) -> None:
    """Wait until that is the last that was heard of a friend."""
    await client.hears("friend:presence", lambda _: told(client, of)[-1] == status)


async def test_what_is_heard_last_is_the_truth(connect: Connect, house: House) -> None:
    ada, bob = await two_friends(house, connect)
    sockets = [await connect(same=bob) for _ in range(2)]
    await hears_status(ada, bob, "online")
    for _ in range(3):
        changes = [set_status(socket, status) for status in FIVE for socket in sockets]
        await asyncio.gather(*changes)
        await hears_last(ada, bob, await status_of(ada, bob))
    await set_status(sockets[0], "offline")
    await hears_last(ada, bob, "offline")
    heard = told(ada, bob)
    assert all(one != following for one, following in pairwise(heard)), heard


async def test_who_is_blocked_by_a_host_hears_nothing_of_what_goes_on_in_the_room(
    connect: Connect, house: House, make_track: MakeTrack
) -> None:
    ada, bob = await two_friends(house, connect)
    track_id = await make_track()
    host = await connect("host")
    await host.ok("user:block", {"userId": ada.id})
    cid = Client(house.urls[0], await sign_up(house.urls[0], "cid"))
    await befriend(house, (cid.id, bob.id))
    await cid.connect()
    room = await open_room(host)
    await bob.connect()
    await bob.ok("room:join", {"roomId": room["id"]})
    await hears_listening(cid, room)
    await play(room, host, bob, trackId=track_id)
    await hears_listening(cid, room, track_id)
    await bob.ok("room:leave", here(room))
    await hears_listening(cid, None)
    await set_status(bob, "idle")
    await hears_status(ada, bob, "online", "idle")
    assert [each["listening"] for each in ada.heard("friend:presence")] == [None, None]
    await cid.close()
    await bob.close()


async def test_a_block_hides_what_friends_hear_in_the_room_and_its_end_shows_it(
    connect: Connect, house: House
) -> None:
    ada, bob = await two_friends(house, connect)
    bob, host = await connect(same=bob), await connect("host")
    room = await open_room(host)
    await bob.ok("room:join", here(room))
    await hears_listening(ada, room)
    await host.ok("user:block", {"userId": ada.id})
    await hears_listening(ada, None)
    await host.ok("user:unblock", {"userId": ada.id})
    await hears_listening(ada, room)
    assert set(told(ada, bob)) == {"online"}


async def test_a_room_that_passes_to_whom_a_friend_is_blocked_by_is_hidden_from_that_friend_alone(
    connect: Connect, house: House
) -> None:
    ada, bob = await two_friends(house, connect)
    bob, cid = await connect(same=bob), await connect("cid")
    first, second = await connect("first"), await connect("second")
    await befriend(house, (cid.id, bob.id))
    await second.ok("user:block", {"userId": ada.id})
    room = await gather_in(first, second, bob)
    await hears_listening(ada, room)
    await first.ok("room:transfer_host", here(room, userId=second.id))
    await hears_listening(ada, None)
    await second.ok("room:transfer_host", here(room, userId=first.id))
    await hears_listening(ada, room)
    await set_status(bob, "idle")
    await hears_status(cid, bob, "online", "idle")
    assert [each["listening"]["roomId"] for each in cid.heard("friend:presence")] == [
        room["id"]
    ] * 2
