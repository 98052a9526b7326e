"""Messages: who may write and read, once for each nonce, in one order, stored before it is said."""

import asyncio
import itertools
from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client
from tests.conftest import Connect, house_env, sign_up
from tests.databases import database
from tests.servers import House

NOBODY = "01890000-0000-7000-8000-000000000000"


async def channels_of(client: Client) -> dict[str, str]:
    """The default server's channels: ids by name."""
    (server,) = await client.ok("server:list")
    channels = await client.ok("server:channels", {"serverId": server["id"]})
    return {channel["name"]: channel["id"] for channel in channels}


async def make_room(client: Client, **settings: Any) -> dict[str, Any]:
    """A room that `client` is host of."""
    made = await client.ok("room:create", {"name": "Listeners", **settings})
    room: dict[str, Any] = made["room"]
    return room


async def say(client: Client, count: int, channel_id: str) -> list[dict[str, Any]]:
    """The messages `1` to `count`, said one after the other."""
    texts = (str(number) for number in range(1, count + 1))
    payloads = ({"content": text, "channelId": channel_id} for text in texts)
    return [await client.ok("message", payload) for payload in payloads]


async def test_a_message_without_a_channel_goes_to_general(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    sent = await ada.ok("message", {"content": "Hello"})
    assert sent["channelId"] == (await channels_of(ada))["general"]
    heard = await bob.hears("message", lambda message: message["id"] == sent["id"])
    assert heard == sent


async def test_a_message_has_the_contracts_form(connect: Connect) -> None:
    ada = await connect("ada")
    sent = await ada.ok("message", {"content": "Hi", "nonce": "n", "userId": ada.id})
    about = {key: sent.pop(key) for key in ("id", "channelId", "seq", "author")}
    times = [sent.pop(key) for key in ("timestamp", "createdAt", "updatedAt")]
    assert sent == {
        "userId": ada.id,
        "content": "Hi",
        "nonce": "n",
        "replyTo": None,
        "edited": False,
        "pinned": False,
        "reactions": [],
        "attachments": [],
    }
    assert about["seq"] >= 1
    assert (about["author"]["id"], about["author"]["status"]) == (ada.id, "online")
    assert "email" not in about["author"]
    assert len(set(times)) == 1
    assert times[0].endswith("Z")


async def test_a_message_read_is_the_message_sent(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    sent = await ada.ok("message", {"content": "  line\n\ttab \N{GRINNING FACE}"})
    assert await bob.ok("message:get", {"messageId": sent["id"]}) == sent
    assert await bob.refused("message:get", {"messageId": NOBODY}) == "not_found"


async def test_two_thousand_characters_are_a_message(connect: Connect) -> None:
    ada = await connect("ada")
    longest = "\N{GRINNING FACE}" * 2000
    assert (await ada.ok("message", {"content": longest}))["content"] == longest


async def test_nobody_writes_as_somebody_else(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    assert await ada.refused("message", {"content": "Hi", "userId": bob.id}) == "forbidden"


async def test_a_reply_names_a_message_of_the_same_channel(connect: Connect) -> None:
    ada = await connect("ada")
    general = await ada.ok("message", {"content": "Hi"})
    room = await make_room(ada)
    reply = {"content": "Ho", "replyTo": general["id"]}
    assert (await ada.ok("message", reply))["replyTo"] == general["id"]
    elsewhere = {**reply, "channelId": room["channelId"]}
    assert await ada.refused("message", elsewhere) == "not_found"


async def test_only_moderators_write_announcements(connect: Connect, house: House) -> None:
    ada, mod = await connect("ada"), await connect("mod")
    payload = {"content": "News", "channelId": (await channels_of(ada))["announcements"]}
    assert await ada.refused("message", payload) == "forbidden"
    await house.execute("UPDATE users SET role = 'moderator' WHERE id = $1", mod.id)
    moderator = await connect(same=mod)
    sent = await moderator.ok("message", payload)
    await ada.hears("message", lambda message: message["id"] == sent["id"])


async def test_a_voice_channel_takes_no_messages(connect: Connect) -> None:
    ada = await connect("ada")
    payload = {"content": "Hi", "channelId": (await channels_of(ada))["General Voice"]}
    assert await ada.refused("message", payload) == "conflict"


async def test_a_rooms_channel_does_not_exist_for_strangers(connect: Connect) -> None:
    ada, eve = await connect("ada"), await connect("eve")
    room = await make_room(ada)
    channel = {"channelId": room["channelId"]}
    sent = await ada.ok("message", {**channel, "content": "Among us"})
    attempts = {
        "message": {**channel, "content": "Let me in"},
        "message:list": channel,
        "message:get": {"messageId": sent["id"]},
        "message:mark_read": {**channel, "messageId": sent["id"]},
        "channel:sync": {**channel, "since": 0},
        "channel:get": channel,
        "typing": channel,
    }
    for event, payload in attempts.items():
        assert await eve.refused(event, payload) == "not_found", event


async def test_the_members_of_a_room_hear_its_messages(connect: Connect) -> None:
    ada, bob, eve = [await connect(name) for name in ("ada", "bob", "eve")]
    room = await make_room(ada)
    for member in (ada, bob):
        await member.ok("room:join", {"roomId": room["id"]})
    sent = await ada.ok("message", {"content": "Among us", "channelId": room["channelId"]})
    assert sent["seq"] == 1
    assert await bob.hears("message", lambda message: message["id"] == sent["id"]) == sent
    end = await ada.ok("message", {"content": "For all"})
    await eve.hears("message", lambda message: message["id"] == end["id"])
    assert sent["id"] not in [message["id"] for message in eve.heard("message")]


async def test_a_retried_message_is_one_message(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    payload = {"content": "Once", "nonce": uuid4().hex}
    first = await ada.ok("message", payload)
    again = await (await connect(same=ada)).ok("message", payload)
    assert again == first
    end = await ada.ok("message", {"content": "The end"})
    await bob.hears("message", lambda message: message["id"] == end["id"])
    assert [message["id"] for message in bob.heard("message")].count(first["id"]) == 1
    assert end["seq"] == first["seq"] + 1


async def test_a_nonce_stands_for_one_payload(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    payload = {"content": "This", "nonce": uuid4().hex}
    first = await ada.ok("message", payload)
    assert await ada.refused("message", {**payload, "content": "That"}) == "conflict"
    assert await ada.refused("message", {**payload, "replyTo": first["id"]}) == "conflict"
    assert (await bob.ok("message", payload))["id"] != first["id"]


async def test_a_nonce_of_a_message_that_failed_can_be_used(connect: Connect) -> None:
    ada = await connect("ada")
    payload = {"content": "Hi", "nonce": uuid4().hex}
    assert await ada.refused("message", {**payload, "channelId": NOBODY}) == "not_found"
    await ada.ok("message", payload)


async def test_two_sockets_that_retry_at_once_send_one_message(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    sockets = [ada, *[await connect(same=ada) for _ in range(5)]]
    payload = {"content": "At once", "nonce": uuid4().hex}
    sent = await asyncio.gather(*(socket.ok("message", payload) for socket in sockets))
    assert [message == sent[0] for message in sent] == [True] * len(sent)
    end = await ada.ok("message", {"content": "The end"})
    await bob.hears("message", lambda message: message["id"] == end["id"])
    assert [message["id"] for message in bob.heard("message")].count(sent[0]["id"]) == 1


async def test_all_hear_two_hundred_messages_in_one_order(connect: Connect) -> None:
    senders = [await connect(f"sender{number}") for number in range(10)]
    room = await make_room(senders[0])
    channel_id = room["channelId"]
    for sender in senders:
        await sender.ok("room:join", {"roomId": room["id"]})
    said = await asyncio.gather(*(say(sender, 20, channel_id) for sender in senders))
    sent = {message["seq"]: message["id"] for message in itertools.chain(*said)}
    assert sorted(sent) == list(range(1, 201))
    for sender in senders:
        await sender.hears("message", lambda message: message["seq"] == 200)
        heard = [(message["seq"], message["id"]) for message in sender.heard("message")]
        assert [row for row in heard if sent.get(row[0]) == row[1]] == sorted(sent.items())
        texts = [m["content"] for m in sender.heard("message") if m["userId"] == senders[3].id]
        assert texts == [str(number) for number in range(1, 21)]


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_an_acknowledged_message_survives_kill_9(
    kind: str, tmp_path: Any, request: pytest.FixtureRequest
) -> None:
    env = house_env(tmp_path)
    if kind == "postgres":
        url = request.getfixturevalue("postgres_url")
        redis = request.getfixturevalue("redis_url")
        with_database = await asyncio.to_thread(database(url).__enter__)
        env |= {"DATABASE_URL": with_database, "REDIS_URL": redis}
    house = House(kind, env)
    process = await asyncio.to_thread(house.start)
    account = await sign_up(process.url, "ada")
    ada = await Client(process.url, account).connect()
    sent = await ada.ok("message", {"content": "Remember me", "nonce": "n"})
    process.kill()
    process = await asyncio.to_thread(house.start)
    again = await Client(process.url, account).connect()
    assert await again.ok("message:get", {"messageId": sent["id"]}) == sent
    assert await again.ok("message", {"content": "Remember me", "nonce": "n"}) == sent
    after = await again.ok("message", {"content": "And me"})
    assert after["seq"] == sent["seq"] + 1
    await again.close()
    await asyncio.to_thread(house.stop)
