"""A client that was away for a moment goes on where it was: nothing missed, nothing twice."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from config.redis import PREFIX, open_redis
from realtime.bus import LOG_SIZE
from realtime.local_bus import LocalBus
from realtime.recovery import Recovery
from realtime.redis_bus import RedisBus
from tests.bus_ends import End, until
from tests.client import Client
from tests.conftest import Connect, house_env, sign_up
from tests.raw import RawSocket, raw_socket
from tests.rooms import Json, here, open_room
from tests.servers import House, database, redis_server
from tests.stock import JavaScript, Line, Seen, has_javascript, line_to

javascript = pytest.mark.skipif(not has_javascript(), reason="needs Node and web/node_modules")


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


@javascript
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


@javascript
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


@javascript
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


@javascript
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


Join = Callable[..., Awaitable[RawSocket]]


@pytest.fixture
async def join() -> AsyncIterator[Join]:
    """`await join(url, account, pid=…, offset=…)`: a raw socket that has heard `connected`."""
    sockets: list[Any] = []

    async def join(url: str, account: Json, **auth: Any) -> RawSocket:
        context = raw_socket(url)
        raw = await context.__aenter__()
        sockets.append(context)
        await raw.send("40" + json.dumps({"token": account["accessToken"], **auth}))
        await raw.gets('42["connected"')
        return raw

    yield join
    for context in sockets:
        await context.__aexit__(None, None, None)


def answer(raw: RawSocket) -> Json:
    """What the server said to CONNECT."""
    (frame,) = [frame for frame in raw.frames if frame.startswith("40")]
    found: Json = json.loads(frame[2:])
    return found


def arguments(raw: RawSocket, event: str) -> list[list[Any]]:
    frames = [json.loads(frame[2:]) for frame in raw.frames if frame.startswith("42[")]
    return [frame[1:] for frame in frames if frame[0] == event]


async def test_only_who_asks_for_it_gets_a_pid_and_offsets(house: House, join: Join) -> None:
    url = house.urls[0]
    account = await sign_up(url, "ada")
    plain = await join(url, account)
    asking = await join(url, account, recover=True)
    other = await join(url, account, recover="yes")
    assert answer(plain).keys() == answer(other).keys() == {"sid"}
    assert answer(asking).keys() == {"sid", "pid"}
    assert len(answer(asking)["pid"]) >= 22  # 128 bit
    bob = await Client(url, account).connect()
    await bob.ok("user:update_profile", {"displayName": "Ada the first"})
    for raw in (plain, asking, other):
        await raw.gets('42["user:updated"')
    assert [len(each) for each in arguments(plain, "user:updated")] == [1]
    ((_, offset),) = arguments(asking, "user:updated")
    assert isinstance(offset, str)
    assert [len(each) for each in arguments(asking, "connected")] == [1]
    await bob.close()


async def missing(
    join: Join, url: str, account: Json, first: RawSocket, **auth: Any
) -> tuple[bool, list[Any]]:
    """Whether one who comes back is recovered, and which names it heard."""
    pid = answer(first)["pid"]
    raw = await join(url, account, **{"recover": True, "pid": pid, **auth})
    names = [data["displayName"] for data, *_ in arguments(raw, "user:updated")]
    return answer(raw)["pid"] == pid, names


async def named(client: Client, raw: RawSocket, name: str) -> str:
    """Change the client's name; gives the offset at which `raw` heard of it."""
    await client.ok("user:update_profile", {"displayName": name})
    async with asyncio.timeout(8):
        while not any(data["displayName"] == name for data, *_ in arguments(raw, "user:updated")):
            await asyncio.sleep(0.01)
    offset: str = arguments(raw, "user:updated")[-1][1]
    return offset


async def test_a_lost_socket_that_is_still_taken_for_alive_is_replaced(
    house: House, connect: Connect, join: Join
) -> None:
    bob, account = await connect("bob"), await sign_up(house.urls[0], "ada")
    first = await join(house.urls[0], account, recover=True)
    offset = await named(bob, first, "one")
    await named(bob, first, "two")
    found = await missing(join, house.urls[-1], account, first, offset=offset)
    assert found == (True, ["two"])
    await first.ends()


async def test_of_two_who_come_back_at_once_one_takes_the_record(redis_url: str) -> None:
    client = open_redis(redis_url)
    recovery = Recovery(client, LocalBus())
    pid = recovery.open("sid", "ada", "session").pid
    await recovery.keep("sid")
    found = await asyncio.gather(*(recovery.take(pid, "ada", "session") for _ in range(5)))
    assert len([record for record in found if record]) == 1
    await client.aclose()


async def test_the_pid_of_another_user_or_session_recovers_nothing_and_spoils_nothing(
    house: House, connect: Connect, join: Join
) -> None:
    url, bob = house.urls[0], await connect("bob")
    account, thief = await sign_up(url, "ada"), await sign_up(url, "eve")
    first = await join(url, account, recover=True)
    offset = await named(bob, first, "one")
    await first.close()
    assert await missing(join, url, thief, first, offset=offset) == (False, [])
    assert await missing(join, url, account, first, offset=offset) == (True, [])


async def test_a_revoked_session_is_refused_as_ever(house: House, join: Join) -> None:
    url = house.urls[0]
    account = await sign_up(url, "ada")
    first = await join(url, account, recover=True)
    await first.send('421["session:list",{}]')
    session = (await first.answer(1))["data"][0]["id"]
    await first.send('422["session:revoke",' + json.dumps({"sessionId": session}) + "]")
    await first.ends(40)
    async with raw_socket(url) as raw:
        auth = {"token": account["accessToken"], "recover": True, "pid": answer(first)["pid"]}
        await raw.send("40" + json.dumps(auth))
        assert "session_revoked" in await raw.gets("44")


async def test_rubbish_in_place_of_pid_and_offset_is_no_recovery(
    house: House, connect: Connect, join: Join
) -> None:
    url, bob = house.urls[-1], await connect("bob")
    account = await sign_up(url, "ada")
    pids: list[Any] = ["", "x", 7, None, {}, "y" * 5000]
    for pid in pids:
        raw = await join(url, account, recover=True, pid=pid, offset="e.1")
        assert answer(raw)["pid"] != pid
    offsets: list[Any] = ["", "-", "other.1", 7, {}, "1", "x." + "9" * 500]
    for offset in offsets:
        first = await join(url, account, recover=True)
        await named(bob, first, f"name {offset}"[:30])
        assert not (await missing(join, url, account, first, offset=offset))[0]


async def test_what_the_log_has_no_more_is_no_recovery(
    postgres_url: str, tmp_path: Path, join: Join
) -> None:
    with ExitStack() as things:
        url = await asyncio.to_thread(things.enter_context, database(postgres_url))
        redis = await asyncio.to_thread(things.enter_context, redis_server(tmp_path / "redis"))
        house = House("own", house_env(tmp_path / "data", DATABASE_URL=url, REDIS_URL=redis))
        await asyncio.to_thread(house.start)
        account = await sign_up(house.urls[0], "ada")
        bob = await Client(house.urls[0], await sign_up(house.urls[0], "bob")).connect()
        client = open_redis(redis)

        first = await join(house.urls[0], account, recover=True)
        offset = await named(bob, first, "one")
        (record,) = [key async for key in client.scan_iter(f"{PREFIX}recover:*")]
        assert 150 <= await client.ttl(record) <= 180
        await first.close()
        await client.delete(record)  # it has expired
        assert await missing(join, house.urls[0], account, first, offset=offset) == (False, [])

        second = await join(house.urls[0], account, recover=True)
        await second.close()
        noise = await End(RedisBus(client, "noise")).start(topic := f"user:{account['user']['id']}")
        noise.say(*(['2["noise",{}]'] * LOG_SIZE), topic=topic)
        await until(lambda: len(noise.heard) == LOG_SIZE)
        await noise.bus.close()
        assert await missing(join, house.urls[0], account, second) == (False, [])

        third = await join(house.urls[0], account, recover=True)
        offset = await named(bob, third, "three")
        await third.close()
        await client.flushall()
        assert await missing(join, house.urls[0], account, third, offset=offset) == (False, [])
        await client.aclose()
        await bob.close()
        await asyncio.to_thread(house.stop)
