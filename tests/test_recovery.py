"""A client that was away for a moment goes on where it was: nothing missed, nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.client import Client
from tests.conftest import Connect, house_env, sign_up
from tests.databases import database
from tests.rooms import Json, here, open_room
from tests.servers import House, redis_server
from tests.stock import JavaScript, Line, Seen, line_to


class Way:
    """A stock client's way to a house: it can break, and lead to another process from then on."""

    def __init__(self, line: Line, urls: list[str]) -> None:
        self.line, self._urls = line, urls

    def lead_to(self, url: str) -> None:
        self._urls[:] = [url]


@asynccontextmanager
async def way_to(url: str) -> AsyncIterator[Way]:
    urls = [url]

    async def reach() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, _, port = urls[0].removeprefix("http://").partition(":")
        return await asyncio.open_connection(host, int(port))

    async with line_to(reach) as line:
        yield Way(line, urls)


class Traveller:
    """The stock JavaScript client on its way to a house, ready to be recovered."""

    def __init__(self, client: JavaScript, way: Way, account: Json) -> None:
        self.client, self.way, self.account = client, way, account
        self._asked = 1000

    async def ok(self, event: str, payload: Any) -> Any:
        self._asked += 1
        answer = await self.client.call(self._asked, event, payload)
        assert answer["success"], answer
        return answer["data"]

    async def break_off(self) -> None:
        breaks = len([seen for seen in self.client.seen if seen["what"] == "disconnect"])
        self.way.line.cut()
        await self.client.sees("disconnect", count=breaks + 1)

    async def come_back(self, url: str = "") -> bool:
        """Whether the client says that it was recovered."""
        connects = len([seen for seen in self.client.seen if seen["what"] == "connect"])
        if url:
            self.way.lead_to(url)
        self.way.line.mend()
        seen = await self.client.sees("connect", count=connects + 1)
        recovered: bool = seen[connects]["recovered"]
        return recovered

    def events(self, name: str) -> list[Seen]:
        return [s for s in self.client.seen if s["what"] == "event" and s["event"] == name]

    def contents(self) -> list[str]:
        return [seen["values"][0]["content"] for seen in self.events("message")]


@asynccontextmanager
async def travelling(url: str, transport: str = "websocket") -> AsyncIterator[Traveller]:
    account = await sign_up(url, "ada")
    async with way_to(url) as way:
        client = JavaScript(way.line.url, account["accessToken"], transport, recover=True)
        await client.start()
        try:
            await client.hears("connected")
            yield Traveller(client, way, account)
        finally:
            await client.close()


@pytest.mark.parametrize(
    ("transport", "place"), [("websocket", 0), ("websocket", -1), ("default", -1), ("polling", -1)]
)
async def test_after_a_break_each_event_of_it_has_come_once_and_in_order(
    house: House, connect: Connect, transport: str, place: int
) -> None:
    bob = await connect("bob")
    room = await open_room(bob)
    channel = {"channelId": room["channelId"]}
    async with travelling(house.urls[0], transport) as ada:
        await ada.ok("room:join", here(room))
        for n in range(3):
            await bob.ok("message", {**channel, "content": f"before {n}"})
        await ada.client.hears("message", count=3)
        for breaks in range(2):
            await ada.break_off()
            for n in range(20):
                await bob.ok("message", {**channel, "content": f"break {breaks} {n}"})
                await bob.ok("user:update_profile", {"displayName": f"Bob {breaks} {n}"})
            await bob.ok("room:update", here(room, name=f"Attic {breaks}"))
            assert await ada.come_back(house.urls[place])
            await bob.ok("message", {**channel, "content": f"after {breaks}"})
            await ada.client.sees(
                "event",
                lambda seen: last_of(seen) == f"after {breaks}",  # noqa: B023
            )
        words = [f"before {n}" for n in range(3)]
        for breaks in range(2):
            words += [f"break {breaks} {n}" for n in range(20)] + [f"after {breaks}"]
        assert ada.contents() == words
        names = [seen["values"][0]["name"] for seen in ada.events("room:updated")]
        assert names == ["Attic 0", "Attic 1"]
        names = [s["values"][0] for s in ada.events("user:updated")]
        names = [user["displayName"] for user in names if user["id"] == bob.id]
        assert names == [f"Bob {breaks} {n}" for breaks in range(2) for n in range(20)]
        assert_connected_is_first(ada)
        (member,) = [m for m in await bob.ok("room:members", here(room)) if is_of(m, ada)]
        assert member["connected"]


def last_of(seen: Seen) -> Any:
    return seen["values"][0].get("content")


def is_of(member: Json, ada: Traveller) -> bool:
    return bool(member["user"]["id"] == ada.account["user"]["id"])


def assert_connected_is_first(ada: Traveller) -> None:
    after = [
        later["event"]
        for seen, later in zip(ada.client.seen, ada.client.seen[1:], strict=False)
        if seen["what"] == "connect" and later["what"] == "event"
    ]
    assert set(after) == {"connected"}


async def test_who_heard_nothing_yet_is_recovered_too(house: House, connect: Connect) -> None:
    bob = await connect("bob")
    room = await open_room(bob)
    channel = {"channelId": room["channelId"]}
    await bob.ok("message", {**channel, "content": "long ago"})
    async with travelling(house.urls[0]) as ada:
        await ada.ok("room:join", here(room))
        await ada.break_off()
        await bob.ok("message", {**channel, "content": "missed"})
        assert await ada.come_back(house.urls[-1])
        await ada.client.hears("message")
        assert ada.contents() == ["missed"]


async def test_a_member_who_was_put_out_meanwhile_begins_anew(
    house: House, connect: Connect
) -> None:
    bob = await connect("bob")
    room = await open_room(bob)
    async with travelling(house.urls[0]) as ada:
        await ada.ok("room:join", here(room))
        await ada.break_off()
        await bob.ok("message", {"channelId": room["channelId"], "content": "before"})
        await bob.ok("room:kick", here(room, userId=ada.account["user"]["id"]))
        await bob.ok("message", {"channelId": room["channelId"], "content": "secret"})
        assert not await ada.come_back(house.urls[-1])
        await bob.ok("message", {"channelId": room["channelId"], "content": "more"})
        await bob.ok("user:update_profile", {"displayName": "Bob the last"})
        await ada.client.sees(
            "event", lambda seen: seen["values"][0].get("displayName") == "Bob the last"
        )
        assert ada.contents() == []
        assert ada.events("room:user_left") == []


async def test_a_process_that_was_killed_loses_nothing_of_its_clients(
    postgres_url: str, tmp_path: Path
) -> None:
    with ExitStack() as things:
        url = await asyncio.to_thread(things.enter_context, database(postgres_url))
        redis = await asyncio.to_thread(things.enter_context, redis_server(tmp_path / "redis"))
        env = house_env(tmp_path / "data", DATABASE_URL=url, REDIS_URL=redis)
        house = House("own", env)
        for _ in range(2):
            await asyncio.to_thread(house.start)
        doomed, other = house.processes
        bob = await Client(other.url, await sign_up(other.url, "bob")).connect()
        room = await open_room(bob)
        channel = {"channelId": room["channelId"]}
        async with travelling(doomed.url) as ada:
            await ada.ok("room:join", here(room))
            sent = asyncio.ensure_future(say_many(bob, channel, 150))
            await ada.client.hears("message", count=20)
            await asyncio.to_thread(doomed.kill)
            await ada.client.sees("disconnect")
            assert await ada.come_back(other.url)
            await sent
            await ada.client.hears("message", count=150)
            assert ada.contents() == [str(n) for n in range(150)]
            (member,) = [m for m in await bob.ok("room:members", here(room)) if is_of(m, ada)]
            assert member["connected"]
        await bob.close()
        await asyncio.to_thread(house.stop)


async def say_many(bob: Client, channel: Json, count: int) -> None:
    for n in range(count):
        await bob.ok("message", {**channel, "content": str(n)})
