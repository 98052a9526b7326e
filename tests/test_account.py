"""Deleting an account: who does it is out everywhere, and nameless for everybody."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from tests.audio.files import picture
from tests.client import PASSWORD, Client, get, post
from tests.conftest import Connect, MakeTrack
from tests.credentials import log_in, with_second_factor
from tests.friends import befriend
from tests.rooms import here, open_room
from tests.servers import House
from tests.test_attachment import got
from tests.test_attachment import upload as upload_attachment
from tests.test_image import upload as upload_image

Json = dict[str, Any]


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


async def test_friends_hear_of_it_and_what_was_uploaded_is_gone(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    await befriend(ada, bob)
    _, image = await upload_image(ada, picture("PNG"))
    _, attachment = await upload_attachment(ada, b"Dear diary", "diary.txt")
    urls = [ada.url + answer["data"]["url"] for answer in (image, attachment)]
    assert [(await got(url))[0] for url in urls] == [200, 200]
    await delete(ada)
    assert await bob.hears("friend:removed") == {"userId": ada.id}
    assert await bob.ok("friend:list") == []
    assert [(await got(url))[0] for url in urls] == [404, 404]


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
