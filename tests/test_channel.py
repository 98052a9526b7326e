"""Channels: what was missed, what was read, who is typing; and the server that they are in."""

from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client
from tests.conftest import Connect
from tests.servers import House
from tests.test_message import NOBODY, channels_of, make_room, say


async def test_everybody_is_in_the_community(connect: Connect) -> None:
    ada = await connect("ada")
    answer = await ada.call("server:list")
    (server,) = answer["data"]
    assert answer["meta"] == {"nextCursor": None}
    assert (server["name"], server["channelCount"], server["ownerId"]) == ("Community", 3, None)
    await connect("bob")
    again = await ada.ok("server:get", {"serverId": server["id"]})
    assert again == {**server, "memberCount": server["memberCount"] + 1}


async def test_the_community_has_three_channels(connect: Connect) -> None:
    ada = await connect("ada")
    (server,) = await ada.ok("server:list")
    channels = await ada.ok("server:channels", {"serverId": server["id"]})
    kinds = [(channel["name"], channel["type"], channel["position"]) for channel in channels]
    assert kinds == [
        ("general", "text", 0),
        ("announcements", "announcement", 1),
        ("General Voice", "voice", 2),
    ]
    channel = await ada.ok("channel:get", {"channelId": channels[0]["id"]})
    assert channel == channels[0]
    assert (channel["serverId"], channel["roomId"]) == (server["id"], None)


@pytest.mark.parametrize("event", ["server:get", "server:channels"])
async def test_another_server_is_not_found(connect: Connect, event: str) -> None:
    ada = await connect("ada")
    assert await ada.refused(event, {"serverId": NOBODY}) == "not_found"


async def test_a_list_of_servers_takes_only_our_cursors(connect: Connect) -> None:
    ada = await connect("ada")
    for cursor in ("x", "WzFd", "", 7):
        assert await ada.refused("server:list", {"cursor": cursor}) == "validation_failed"


async def test_a_sync_gives_what_was_missed_as_it_was_said(connect: Connect) -> None:
    ada = await connect("ada")
    channel_id = (await make_room(ada))["channelId"]
    said = await say(ada, 5, channel_id)
    missed = await ada.ok("channel:sync", {"channelId": channel_id, "since": 2})
    events = [{"event": "message", "data": message} for message in said[2:]]
    assert missed == {"recovered": True, "events": events}


async def test_a_sync_of_what_is_known_is_empty(connect: Connect) -> None:
    ada = await connect("ada")
    channel_id = (await make_room(ada))["channelId"]
    await say(ada, 2, channel_id)
    missed = await ada.ok("channel:sync", {"channelId": channel_id, "since": 2})
    assert missed == {"recovered": True, "events": []}


async def test_a_sync_from_the_future_does_not_recover(connect: Connect) -> None:
    ada = await connect("ada")
    channel_id = (await make_room(ada))["channelId"]
    missed = await ada.ok("channel:sync", {"channelId": channel_id, "since": 1})
    assert missed == {"recovered": False}


@pytest.mark.parametrize("since", [-1, 1.5, "0", True, None, 2**53, 1e300])
async def test_a_sync_begins_at_a_number(connect: Connect, since: Any) -> None:
    ada = await connect("ada")
    payload = {"channelId": (await channels_of(ada))["general"], "since": since}
    assert await ada.refused("channel:sync", payload) == "validation_failed"


async def test_a_sync_gives_three_hundred_events_and_no_more(connect: Connect) -> None:
    ada = await connect("ada")
    channel_id = (await make_room(ada))["channelId"]
    await say(ada, 301, channel_id)
    whole = await ada.ok("channel:sync", {"channelId": channel_id, "since": 1})
    assert [event["data"]["seq"] for event in whole["events"]] == list(range(2, 302))
    assert await ada.ok("channel:sync", {"channelId": channel_id, "since": 0}) == {
        "recovered": False
    }


async def test_a_sync_with_a_hole_in_the_log_does_not_recover(
    connect: Connect, house: House
) -> None:
    ada = await connect("ada")
    channel_id = (await make_room(ada))["channelId"]
    await say(ada, 3, channel_id)
    gone = "DELETE FROM channel_events WHERE channel_id = $1 AND seq = $2"
    await house.execute(gone, channel_id, 2)
    for since in (0, 1):
        missed = await ada.ok("channel:sync", {"channelId": channel_id, "since": since})
        assert missed == {"recovered": False}


async def lose(house: House, channel_id: str, lost: dict[str, Any]) -> None:
    """Commit an event without saying it, as a process does that is killed in between."""
    await house.execute(
        "INSERT INTO channel_events (channel_id, seq, event, message_id, data)"
        " VALUES ($1, $2, 'message', $3, $4)",
        channel_id,
        lost["seq"],
        uuid4(),
        f'{{"id": "{lost["id"]}", "seq": {lost["seq"]}}}',
    )
    await house.execute("UPDATE channels SET last_seq = last_seq + 1 WHERE id = $1", channel_id)


async def test_what_a_killed_process_did_not_say_is_heard_with_the_next_event(
    connect: Connect, house: House
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await make_room(ada)
    for member in (ada, bob):
        await member.ok("room:join", {"roomId": room["id"]})
    await say(ada, 1, room["channelId"])
    await lose(house, room["channelId"], {"seq": 2, "id": "lost"})
    after = await ada.ok("message", {"content": "3", "channelId": room["channelId"]})
    assert after["seq"] == 3
    for member in (ada, bob):
        await member.hears("message", lambda message: message["id"] == after["id"])
        seqs = [message["seq"] for message in member.heard("message")][-3:]
        assert seqs == [1, 2, 3]


async def test_typing_is_heard_by_the_others_only(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    phone = await connect(same=ada)
    general = (await channels_of(ada))["general"]
    assert await ada.ok("typing", {"channelId": general}) == {}
    of_ada = {"channelId": general, "userId": ada.id}
    await bob.hears("typing", lambda typing: typing == of_ada)
    await barrier(bob, ada, phone)
    assert of_ada not in ada.heard("typing") + phone.heard("typing")


async def test_typing_is_heard_once_in_three_seconds(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    phone = await connect(same=ada)
    channels = await channels_of(ada)
    room = await make_room(ada)
    await bob.ok("room:join", {"roomId": room["id"]})
    for socket in (ada, phone, ada):
        assert await socket.ok("typing", {"channelId": channels["general"]}) == {}
    await ada.ok("typing", {"channelId": room["channelId"]})
    await barrier(ada, bob)
    heard = [typing["channelId"] for typing in bob.heard("typing") if typing["userId"] == ada.id]
    assert sorted(heard) == sorted([channels["general"], room["channelId"]])


async def test_who_may_not_write_does_not_type(connect: Connect) -> None:
    ada = await connect("ada")
    channels = await channels_of(ada)
    assert await ada.refused("typing", {"channelId": channels["announcements"]}) == "forbidden"
    assert await ada.refused("typing", {"channelId": channels["General Voice"]}) == "conflict"


async def barrier(speaker: Client, *listeners: Client) -> None:
    """All that was said before has been heard: one more message has, which came after it."""
    end = await speaker.ok("message", {"content": "barrier"})
    for listener in listeners:
        await listener.hears("message", lambda message: message["id"] == end["id"])


async def test_reading_leaves_what_is_unread(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await make_room(ada)
    await bob.ok("room:join", {"roomId": room["id"]})
    channel = {"channelId": room["channelId"]}
    said = await say(ada, 4, channel["channelId"])
    await say(bob, 2, channel["channelId"])
    read = await bob.ok("message:mark_read", {**channel, "messageId": said[0]["id"]})
    assert read == {"unread": 3}
    read = await bob.ok("message:mark_read", {**channel, "messageId": said[3]["id"]})
    assert read == {"unread": 0}


async def test_reading_is_told_to_the_users_other_sockets(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    phone = await connect(same=bob)
    room = await make_room(ada)
    await bob.ok("room:join", {"roomId": room["id"]})
    first, second = await say(ada, 2, room["channelId"])
    here = {"channelId": room["channelId"]}
    await bob.ok("message:mark_read", {**here, "messageId": first["id"]})
    told = await phone.hears("channel:read")
    assert told == {**here, "messageId": first["id"], "unread": 1}
    await bob.ok("message:mark_read", {**here, "messageId": second["id"]})
    await phone.hears("channel:read", lambda read: read["unread"] == 0)
    assert bob.heard("channel:read") == ada.heard("channel:read") == []


async def test_a_mark_never_moves_backwards(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    phone = await connect(same=bob)
    room = await make_room(ada)
    await bob.ok("room:join", {"roomId": room["id"]})
    here = {"channelId": room["channelId"]}
    first, _, third = await say(ada, 3, room["channelId"])
    for message in (third, first, third):
        read = await bob.ok("message:mark_read", {**here, "messageId": message["id"]})
        assert read == {"unread": 0}
    await barrier(ada, phone)
    assert len(phone.heard("channel:read")) == 1


async def test_what_is_read_is_a_message_of_that_channel(connect: Connect) -> None:
    ada = await connect("ada")
    elsewhere = await ada.ok("message", {"content": "Hi"})
    channel = {"channelId": (await make_room(ada))["channelId"]}
    for message_id in (elsewhere["id"], NOBODY):
        payload = {**channel, "messageId": message_id}
        assert await ada.refused("message:mark_read", payload) == "not_found"
