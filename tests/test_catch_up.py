"""What was committed and never said is said all the same, and after a silence states are anew."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.client import Client
from tests.conftest import Connect, again, sign_up
from tests.rooms import Json, here, open_room
from tests.servers import House
from tests.test_restart import serving_with_store

PATIENCE_S = 25


async def commit(house: House, channel_id: str, content: str) -> None:
    """Write an event to a channel's log and say nothing, like a process that is killed then."""
    await house.execute("UPDATE channels SET last_seq = last_seq + 1 WHERE id = $1", channel_id)
    await house.execute(
        "INSERT INTO channel_events (channel_id, seq, event, message_id, data)"
        " SELECT id, last_seq, 'message', $2, $3 FROM channels WHERE id = $1",
        channel_id,
        uuid4(),
        json.dumps({"channelId": channel_id, "content": content}),
    )


def contents(client: Client) -> list[Any]:
    return [message["content"] for message in client.heard("message")]


async def test_what_was_committed_and_never_published_is_heard_within_seconds(
    house: House, connect: Connect
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    await bob.ok("room:join", here(room))
    await ada.ok("message", {"channelId": room["channelId"], "content": "one"})
    for content in ("two", "three"):
        await commit(house, room["channelId"], content)
    for client in (ada, bob):
        await client.hears("message", is_content("three"), within_s=PATIENCE_S)
    await bob.ok("message", {"channelId": room["channelId"], "content": "four"})
    for client in (ada, bob):
        await client.hears("message", is_content("four"))
        assert contents(client) == ["one", "two", "three", "four"]


def is_content(content: str) -> Any:
    return lambda message: message["content"] == content


async def test_the_next_message_brings_what_was_never_published(
    house: House, connect: Connect
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    await bob.ok("room:join", here(room))
    await commit(house, room["channelId"], "one")
    await bob.ok("message", {"channelId": room["channelId"], "content": "two"})
    for client in (ada, bob):
        await client.hears("message", is_content("two"))
        assert contents(client) == ["one", "two"]


async def test_after_redis_came_back_empty_clients_have_what_the_database_has(
    postgres_url: str, tmp_path: Path
) -> None:
    async with serving_with_store(postgres_url, tmp_path, 2) as (house, store):
        ada = await Client(house.urls[0], await sign_up(house.urls[0], "ada")).connect()
        bob = await Client(house.urls[1], await sign_up(house.urls[1], "bob")).connect()
        room = await open_room(ada)
        await bob.ok("room:join", here(room))
        await ada.ok("message", {"channelId": room["channelId"], "content": "one"})
        for client in (ada, bob):
            await client.hears("message")
            client.forget()
        await store.stop()
        await house.execute("UPDATE rooms SET name = 'Cellar' WHERE id = $1", room["id"])
        for content in ("two", "three"):
            await commit(house, room["channelId"], content)
        await store.start()
        for client in (ada, bob):
            await hears_anew(client, room)
            await client.hears("message", is_content("three"), within_s=PATIENCE_S)
            assert contents(client) == ["two", "three"]
        twin = await Client(house.urls[0], again(bob)).connect()
        state = await twin.ok("room:join", here(room))
        assert all(member["connected"] for member in state["members"])
        for client in (ada, bob, twin):
            await client.close()


async def hears_anew(client: Client, room: Json) -> None:
    """The room as it is now: its settings, its members, its playback and its queue."""
    async with asyncio.timeout(PATIENCE_S):
        updated = await client.hears("room:updated", within_s=PATIENCE_S)
        assert updated["name"] == "Cellar"
        for event in ("room:member_updated", "playback:state", "queue:updated"):
            assert (await client.hears(event, within_s=PATIENCE_S))["roomId"] == room["id"]
