"""The snapshot: what a fresh client draws."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from config.clock import SteadyClock
from models.channel import Channel
from models.friend import Friendship
from models.member import Member
from models.message_list import Slice
from models.message_log import missed_since
from models.message_send import Draft
from models.presence_local import LocalPresence
from models.room_founding import found_room
from models.server import Server
from models.snapshot import Snapshot
from models.user import User
from tests.client import Client
from tests.conftest import Connect
from tests.databases import opened
from tests.friends import befriend
from tests.test_message import make_room, say


async def test_a_fresh_client_draws_the_community(connect: Connect) -> None:
    ada = await connect("ada")
    snapshot = await ada.ok("user:snapshot")
    assert snapshot["user"] == await ada.ok("user:me")
    assert snapshot["friends"] == snapshot["directChannels"] == snapshot["rooms"] == []
    (server,) = snapshot["servers"]
    channels = server.pop("channels")
    assert server == (await ada.ok("server:list"))[0]
    states = [(channel.pop("lastSeq"), channel.pop("unread")) for channel in channels]
    assert channels == await ada.ok("server:channels", {"serverId": server["id"]})
    assert all(last_seq >= 0 for last_seq, _ in states)
    # What was said before she came is no news to her.
    assert [unread for _, unread in states] == [0, 0, 0]


async def test_what_was_said_since_one_came_is_unread(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    general = (await ada.ok("message", {"content": "Hi"}))["channelId"]
    last = await ada.ok("message", {"content": "Is anybody there?"})
    assert await general_of(bob) == (last["seq"], 2)
    assert await general_of(ada) == (last["seq"], 0)
    await bob.ok("message:mark_read", {"channelId": general, "messageId": last["id"]})
    assert await general_of(bob) == (last["seq"], 0)


async def general_of(client: Client) -> tuple[int, int]:
    snapshot = await client.ok("user:snapshot")
    general = snapshot["servers"][0]["channels"][0]
    return general["lastSeq"], general["unread"]


async def test_a_fresh_client_draws_its_rooms(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await make_room(ada)
    await say(ada, 2, room["channelId"])
    await bob.ok("room:join", {"roomId": room["id"]})
    (last,) = await say(ada, 1, room["channelId"])
    (drawn,) = (await bob.ok("user:snapshot"))["rooms"]
    channel = drawn.pop("channel")
    assert drawn == await bob.ok("room:get", {"roomId": room["id"]})
    assert (channel["id"], channel["roomId"]) == (room["channelId"], room["id"])
    assert (channel["lastSeq"], channel["unread"]) == (last["seq"], 1)
    await bob.ok("room:leave", {"roomId": room["id"]})
    assert (await bob.ok("user:snapshot"))["rooms"] == []


async def test_a_fresh_client_draws_its_friends(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    await befriend(ada, bob)
    await bob.ok("room:join", {"roomId": (await make_room(bob))["id"]})
    snapshot = await ada.ok("user:snapshot")
    assert snapshot["friends"] == await ada.ok("friend:list")
    assert snapshot["friends"][0]["listening"]["roomName"] == "Listeners"


@contextmanager
def queries() -> Iterator[list[str]]:
    """The statements that are run within."""
    ran: list[str] = []
    handler = logging.Handler(logging.DEBUG)
    handler.emit = lambda record: ran.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("tortoise.db_client")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield ran
    logger.setLevel(level)
    logger.removeHandler(handler)


async def test_what_grows_is_read_with_as_many_queries(tmp_path: Path) -> None:
    presence = LocalPresence(SteadyClock().now_ms)
    counts: list[tuple[int, int, int]] = []
    async with opened(tmp_path):
        await Server.make_default()
        ada, bob = await User.sign_up("ada"), await User.sign_up("bob")
        now = datetime.now(UTC)
        for _ in range(3):
            for _ in range(4):
                await found_room(ada, now, None, name="Listeners")
                draft = Draft(bob, {"content": "Hi"})
                await draft.send(now, lambda message: {"seq": message.seq})
                await a_friend_who_listens(ada, presence)
            general = await Channel.open_to(ada, None)
            with queries() as for_list:
                page = await Slice(limit=50).of(general)
            with queries() as for_snapshot:
                snapshot = await Snapshot.of(ada, presence)
            assert len(snapshot.friends) == len(snapshot.rooms)
            assert all(friend.listening for friend in snapshot.friends)
            assert len(page.items) == len(snapshot.rooms) == snapshot.servers[0].channels[0].unread
            with queries() as for_sync:
                assert len(await missed_since(general, 0) or ()) == len(page.items)
            counts.append((len(for_list), len(for_snapshot), len(for_sync)))
    assert counts == [counts[0]] * 3
    assert 0 < max(counts[0]) < 14


async def a_friend_who_listens(user: User, presence: LocalPresence) -> None:
    """Give `user` a friend who is in a room."""
    now = datetime.now(UTC)
    friend = await User.sign_up(uuid4().hex)
    for one, other in ((user, friend), (friend, user)):
        await Friendship.create(user=one, friend=other)
    room = await found_room(friend, now, None, name="Listeners")
    await Member.filter(room_id=room.id).update(disconnected_at=None)
    await presence.connect(friend.id, friend.username)
