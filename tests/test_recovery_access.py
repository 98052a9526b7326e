"""Who is recovered, and who is not: by pid, session, membership, and what the logs still have."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from config.redis import PREFIX, open_redis
from handlers.caller import Caller
from handlers.recovery import look_again
from handlers.room_presence import come_back
from handlers.services import room_channel
from models.errors import Forbidden
from models.member import Member
from models.room import changing
from models.room_door import dismiss
from models.room_news import Departure
from realtime.bus import LOG_SIZE
from realtime.local_bus import LocalBus
from realtime.recovery import Recovery
from realtime.redis_bus import RedisBus
from tests.bus_ends import End, until
from tests.client import Client
from tests.conftest import Connect, house_env, sign_up
from tests.databases import database
from tests.party import Party, a_process
from tests.raw import RawSocket, raw_socket
from tests.rooms import Json
from tests.servers import House, redis_server
from tests.silent import SilentSocket

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
    await raw.send('4299["clock:sync",{"clientTime":1}]')
    await raw.answer(99)  # what was missed has come before that
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


async def test_who_was_put_out_while_joining_is_out_of_the_room(tmp_path: Path) -> None:
    async with a_process(tmp_path) as services:
        party = await Party.give(services)
        guest = await party.guest()
        socket = SilentSocket()
        services.sio.eio.sockets[socket.id] = socket
        sid = await services.manager.pre_connect(socket.id, "/") or ""
        caller = Caller(services, sid, socket, guest, uuid4(), services.now())
        await come_back(caller, party.room.id)
        caller.enter(room_channel(party.room.id))
        await look_again(caller)
        assert services.manager.sids(room_channel(party.room.id)) == [sid]
        async with changing(party.room.id) as room:
            member = await Member.in_room(room.id, guest.id)
            await dismiss(room, member, Departure.KICKED, services.now())
        await look_again(caller)
        assert services.manager.sids(room_channel(party.room.id)) == []
        assert caller.room_ids == set()
        assert await services.presence.in_room(party.room.id, [guest.id]) == {guest.id: 1}
        with pytest.raises(Forbidden):
            await come_back(caller, party.room.id)
