"""The end of an account: gone at once for everybody, and nothing left of it but what was said."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from tortoise.queryset import QuerySet

from handlers.deletion import clear_away, finish_deletions
from handlers.housekeeping import Housekeeping
from handlers.services import Services
from models.account import Deletion, delete_account, end_friendships
from models.block import Block
from models.favorite import Favorite
from models.friend import FriendRequest, Friendship
from models.identity import Identity
from models.image import Image
from models.member import Member
from models.playlist import Playlist, PlaylistTrack
from models.queue import QueueItem
from models.server import Server
from models.session import Session
from models.track import Track
from models.two_factor import RecoveryCode, TwoFactor
from models.user import User
from tests.client import PASSWORD, Client, get, post
from tests.conftest import Connect, MakeTrack
from tests.credentials import log_in, with_second_factor
from tests.party import Party, a_process, travel
from tests.rooms import here, open_room
from tests.servers import House

Json = dict[str, Any]
SONG: Json = {
    "name": "Song",
    "name_key": "song",
    "duration": 1,
    "url": "/x",
    "mime_type": "audio/mp4",
}


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """A process on a database of its own."""
    async with a_process(tmp_path) as services:
        await Server.make_default()
        yield services


async def delete(client: Client) -> None:
    await client.ok("user:delete_account", {"password": PASSWORD})


async def test_who_deletes_their_account_is_answered_and_then_out_everywhere(
    connect: Connect,
) -> None:
    ada = await connect("ada")
    other = await connect(same=ada)
    phone = await Client(ada.url, (await log_in(ada))[1]["data"]).connect()
    await delete(ada)
    for socket in (ada, other, phone):
        end = await socket.hears("session:ended")
        assert end == {"code": "session_revoked", "reconnect": False}
        await socket.disconnected.wait()


async def test_tokens_of_a_deleted_user_are_like_those_of_an_unknown_one(connect: Connect) -> None:
    ada = await connect("ada")
    await delete(ada)
    status, answer = await get(ada.url, "/auth/me", ada.token)
    assert (status, answer["code"]) == (401, "session_revoked")
    body = {"refreshToken": ada.refresh_token}
    status, answer = await post(ada.url, "/auth/refresh", body)
    assert (status, answer["code"]) == (401, "session_revoked")
    status, answer = await log_in(ada)
    assert (status, answer["error"]) == (401, "Invalid email or password")


async def test_the_name_and_the_email_are_free_again(connect: Connect, house: House) -> None:
    name = f"ada-{uuid4().hex[:12]}"
    body = {"username": name, "email": f"{name}@example.org", "password": PASSWORD}
    for _ in range(2):
        status, answer = await post(house.urls[0], "/auth/register", body)
        assert status == 201, answer
        ada = await Client(house.urls[0], answer["data"]).connect()
        await delete(ada)
        await ada.disconnected.wait()


async def test_a_wrong_password_deletes_nothing(connect: Connect) -> None:
    ada = await connect("ada")
    wrong = {"password": "a guess"}
    assert await ada.refused("user:delete_account", wrong) == "forbidden"
    assert await ada.refused("user:delete_account") == "validation_failed"
    assert (await ada.ok("user:me"))["username"] == ada.user["username"]


async def test_a_guest_needs_no_password_to_go(connect: Connect) -> None:
    guest = await connect("guest", guest=True)
    await guest.ok("user:delete_account")
    await guest.disconnected.wait()
    status, _ = await get(guest.url, "/auth/me", guest.token)
    assert status == 401


async def test_what_was_said_stays_without_a_name(connect: Connect) -> None:
    bob, ada = await connect("bob"), await connect("ada")
    await ada.ok("user:update_profile", {"bio": "I am Ada.", "displayName": "Ada L."})
    room = await open_room(bob)
    await ada.ok("room:join", here(room))
    channel = {"channelId": room["channelId"]}
    said = await ada.ok("message", {**channel, "content": "I was here"})
    await delete(ada)
    (message,) = await bob.ok("message:list", channel)
    assert (message["content"], message["userId"]) == ("I was here", ada.id)
    assert message["author"]["displayName"] == "Deleted user"
    assert message["author"]["bio"] is None
    assert ada.user["username"] not in str(message)
    assert (await bob.ok("message:get", {"messageId": said["id"]}))["author"] == message["author"]
    log = await bob.ok("channel:sync", {**channel, "since": 0})
    assert "I was here" in str(log)
    assert "Ada L." not in str(log)
    assert ada.user["username"] not in str(log)
    news = await bob.hears("user:updated", lambda user: user["displayName"] == "Deleted user")
    assert (news["id"], news["status"]) == (ada.id, "offline")


async def test_a_hosted_room_passes_on_and_an_empty_one_closes(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room, alone = await open_room(ada), await open_room(ada)
    await bob.ok("room:join", here(room))
    await delete(ada)
    left = await bob.hears("room:user_left", lambda event: event["userId"] == ada.id)
    assert left["roomId"] == room["id"]
    await bob.hears("room:host_changed", lambda event: event["hostId"] == bob.id)
    details = await bob.ok("room:get", here(room))
    assert (details["hostId"], details["memberCount"]) == (bob.id, 1)
    assert await bob.refused("room:get", here(alone)) == "not_found"


async def test_what_they_queued_stays_added_by_nobody(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(bob)
    await ada.ok("room:join", here(room))
    mine = await bob.ok("queue:add", here(room, trackId=await make_track()))
    for track in (await make_track(), await make_track()):
        await ada.ok("queue:add", here(room, trackId=track))
    await ada.ok("queue:vote", here(room, itemId=mine["id"], vote=1))
    bob.forget()
    await delete(ada)
    told = await bob.hears("queue:updated", lambda told: by_nobody_but(bob, told["queue"]))
    assert told["roomId"] == room["id"]
    queue = await bob.ok("queue:list", here(room))
    assert by_nobody_but(bob, queue)
    assert len(queue) == 3
    assert sum(item["votes"] for item in queue) == 0


def by_nobody_but(client: Client, queue: list[Json]) -> bool:
    """Whether all in the queue was added by that user, or is no longer said to be by anybody."""
    return {item["addedBy"] for item in queue} <= {None, client.id}


async def test_credentials_are_gone_from_the_database_at_once(
    connect: Connect, house: House
) -> None:
    ada = await connect("ada")
    await with_second_factor(ada)
    await delete(ada)
    (row,) = await house.fetch("SELECT * FROM users WHERE id = $1", UUID(ada.id))
    assert row["username"].startswith("deleted-")
    assert len(row["username"]) == len("deleted-") + 12
    gone = ("email", "email_key", "password_hash", "avatar_url", "bio", "custom_status")
    assert [row[key] for key in gone] == [None] * len(gone)
    assert (row["words"], row["display_name"]) == ("", "Deleted user")
    assert not row["two_factor_enabled"]
    for table in ("two_factors", "recovery_codes", "identities", "nonces", "room_members"):
        found = await house.fetch(f"SELECT id FROM {table} WHERE user_id = $1", UUID(ada.id))
        assert (table, found) == (table, [])


async def test_two_deletions_at_once_on_two_processes_are_one(
    connect: Connect, house: House
) -> None:
    ada = await connect("ada")
    other = await connect(same=ada)
    payload = {"password": PASSWORD}
    asked = (socket.call("user:delete_account", payload) for socket in (ada, other))
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert any(isinstance(answer, dict) and answer["success"] for answer in found)
    deletions = "SELECT id FROM deletions WHERE user_id = $1"
    assert len(await house.fetch(deletions, UUID(ada.id))) == 1


async def test_a_sign_in_that_comes_too_late_makes_no_session(
    services: Services,
) -> None:
    ada = await User.sign_up("ada-the-late", password_hash="x")
    await delete_account(await User.get(id=ada.id), services.now())
    with pytest.raises(Exception, match="Invalid email or password"):
        await Session.begin(ada, "phone", "here", services.now())
    assert await Session.filter(user_id=ada.id).count() == 0


async def with_everything(services: Services, name: str) -> tuple[User, User, Track]:
    """A user with something of every kind, their friend, and a track of theirs."""
    now, ada, bob = services.now(), await User.sign_up(name), await User.sign_up(f"{name}-s-friend")
    await Session.begin(ada, "phone", "here", now)
    track = await Track.create(**SONG, uploaded_by=ada)
    for one, two in ((ada, bob), (bob, ada)):
        await Friendship.create(user=one, friend=two)
        await FriendRequest.create(requester=one, receiver=two, pair=f"{one.id} {two.id}")
        await Block.create(blocker=one, blocked=two)
    await Favorite.create(user=ada, track=track)
    await Identity.create(user=ada, provider="google", subject=name)
    await TwoFactor.create(user=ada, secret="x")
    await RecoveryCode.create(user=ada, code_hash="x")
    await Image.create(uploaded_by=ada, width=1, height=1)
    playlist = await Playlist.create(name="Mine", owner=ada)
    await PlaylistTrack.create(playlist=playlist, track=track, rank=1)
    return ada, bob, track


async def left_of(user: User) -> dict[str, int]:
    """How many rows there are of each kind that must go."""
    counts: dict[str, QuerySet[Any]] = {
        "sessions": Session.filter(user_id=user.id),
        "friendships": Friendship.filter(user_id=user.id),
        "friends": Friendship.filter(friend_id=user.id),
        "sent": FriendRequest.filter(requester_id=user.id),
        "received": FriendRequest.filter(receiver_id=user.id),
        "blocks": Block.filter(blocker_id=user.id),
        "blocked by": Block.filter(blocked_id=user.id),
        "favorites": Favorite.filter(user_id=user.id),
        "identities": Identity.filter(user_id=user.id),
        "second factors": TwoFactor.filter(user_id=user.id),
        "recovery codes": RecoveryCode.filter(user_id=user.id),
        "images": Image.filter(uploaded_by_id=user.id),
        "playlists": Playlist.filter(owner_id=user.id),
        "memberships": Member.filter(user_id=user.id),
        "queued": QueueItem.filter(added_by_id=user.id),
        "deletions": Deletion.filter(user_id=user.id),
    }
    return {name: count for name, rows in counts.items() if (count := await rows.count())}


async def test_nothing_is_left_of_what_was_theirs_alone(services: Services) -> None:
    ada, bob, track = await with_everything(services, "ada")
    party = await Party.give(services)
    await party.sit(ada)
    await delete_account(ada, services.now())
    erased = await clear_away(services, ada.id)
    assert erased.friend_ids == [bob.id]
    assert len(erased.image_ids) == 1
    assert await left_of(ada) == {"sessions": 1, "deletions": 1}
    await track.refresh_from_db()
    assert track.deleted_at is not None
    assert await end_friendships(ada.id) == []


async def test_the_community_counts_them_no_more(services: Services) -> None:
    ada = await User.sign_up("ada")
    await User.sign_up("bob")
    server = await Server.default()
    await Server.take_count([server])
    assert server.member_count == 2
    await delete_account(ada, services.now())
    await Server.take_count([server])
    assert server.member_count == 1


async def test_who_is_killed_in_between_leaves_the_rest_to_the_housekeeping(
    services: Services,
) -> None:
    ada, bob, track = await with_everything(services, "ada")
    party = await Party.give(services)
    await party.sit(ada)
    await delete_account(ada, services.now())
    await finish_deletions(services)
    assert "friendships" in await left_of(ada)
    # What they had begun before may end after it.
    await User.filter(id=ada.id).update(display_name="Ada", username="ada", username_key="ada")
    await Favorite.create(user=bob, track=track)
    await Favorite.create(user=ada, track=await Track.create(**SONG))
    travel(services, minutes=1)
    await Housekeeping(services).finish_deletions()
    assert await left_of(ada) == {}
    assert await left_of(bob) == {"favorites": 1}
    nobody = await User.get(id=ada.id)
    assert nobody.display_name == "Deleted user"
    assert nobody.username == nobody.username_key != "ada"
    assert await party.roles() == {party.host.id: "host"}
