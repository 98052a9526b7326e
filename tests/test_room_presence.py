"""Who is there: sockets that come and go, on one process or another, and processes that die."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio as redis

from tests.client import Client
from tests.conftest import Connect, again, house_env, sign_up
from tests.databases import database
from tests.rooms import here, open_room, who
from tests.servers import House, Process, redis_server

Json = dict[str, Any]


async def eventually(true: Callable[[], Awaitable[bool]], within_s: float = 20.0) -> None:
    """Ask again and again until `true`, or fail."""
    deadline = time.monotonic() + within_s
    while not await true():
        assert time.monotonic() < deadline, "That did not come true."
        await asyncio.sleep(0.1)


async def is_connected(observer: Client, room: Json, user: Client) -> bool:
    """Whether `user` is there, as the list of members says."""
    members = await observer.ok("room:members", here(room))
    (connected,) = [m["connected"] for m in members if m["user"]["id"] == user.id]
    return bool(connected)


def says_gone(user: Client, event: Json) -> bool:
    """Whether an event says that `user` is not there."""
    return who(event) == user.id and not event["member"]["connected"]


async def test_the_others_hear_that_i_am_gone_and_back(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    first = await bob.ok("room:join", here(room))
    await bob.close()
    gone = await ada.hears("room:member_updated", lambda e: who(e) == bob.id)
    assert gone["member"]["connected"] is False
    assert not await is_connected(ada, room, bob)
    ada.forget()
    bob = await connect(same=bob)
    state = await bob.ok("room:join", here(room))
    back = await ada.hears("room:member_updated", lambda e: who(e) == bob.id)
    assert back["member"]["connected"] is True
    assert state["you"]["joinedAt"] == first["you"]["joinedAt"]
    assert ada.heard("room:user_joined") == ada.heard("room:user_left") == []


async def test_two_sockets_are_one_member(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    other = await connect(same=bob)
    room = await open_room(ada)
    for client in (bob, other):
        state = await client.ok("room:join", here(room))
        assert state["room"]["memberCount"] == 2
    await bob.close()
    eve = await connect("eve")
    await eve.ok("room:join", here(room))
    await ada.hears("room:user_joined", lambda e: who(e) == eve.id)
    about_bob = [name for name, e in ada.events if "member" in e and who(e) == bob.id]
    assert about_bob == ["room:user_joined"]
    assert await is_connected(ada, room, bob)
    await other.close()
    await ada.hears("room:member_updated", lambda e: who(e) == bob.id)
    assert not await is_connected(ada, room, bob)


async def test_a_socket_that_comes_while_another_goes_keeps_me_there(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada)
    await bob.ok("room:join", here(room))
    for _ in range(12):
        follower = await connect(same=bob)
        await asyncio.gather(follower.ok("room:join", here(room)), bob.close())
        bob = follower
        await eventually(partial(sockets_agree, ada, room, bob, there=True))
    heard = [e["member"]["connected"] for e in ada.heard("room:member_updated") if who(e) == bob.id]
    assert heard == [index % 2 == 1 for index in range(len(heard))], "they alternate"
    await bob.close()
    await eventually(lambda: sockets_agree(ada, room, bob, there=False))


async def sockets_agree(observer: Client, room: Json, user: Client, *, there: bool) -> bool:
    """Whether the list, and the last that was heard, say that `user` is there (or not)."""
    heard = [e for e in observer.heard("room:member_updated") if who(e) == user.id]
    last = heard[-1]["member"]["connected"] if heard else True
    return last is there and await is_connected(observer, room, user) is there


async def test_a_room_joined_by_a_refused_socket_is_not_counted(
    connect: Connect, house: House
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada, capacity=1)
    assert await bob.refused("room:join", here(room)) == "conflict"
    await ada.ok("room:update", here(room, capacity=2))
    other = await connect(same=bob)
    await other.ok("room:join", here(room))
    await other.close()
    await eventually(lambda: sockets_agree(ada, room, bob, there=False))


async def test_an_empty_room_notes_since_when(connect: Connect, house: House) -> None:
    ada = await connect("ada")
    room = await open_room(ada)

    async def deserted() -> bool:
        (row,) = await house.fetch("SELECT deserted_at FROM rooms WHERE id = $1", room["id"])
        return row["deserted_at"] is not None

    assert not await deserted()
    await ada.close()
    await eventually(deserted)
    ada = await connect(same=ada)
    await ada.ok("room:join", here(room))
    assert not await deserted()


# Processes that die, a store that is emptied: houses of their own


@pytest.fixture(scope="module")
def own_house(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two processes with a database and a Redis that nobody else uses."""
    folder = tmp_path_factory.mktemp("own")
    with redis_server(folder / "redis") as redis_url, database(postgres_url) as database_url:
        env = house_env(folder, DATABASE_URL=database_url, REDIS_URL=redis_url)
        house = House("own", env)
        house.start()
        house.start()
        yield house
        house.stop()


Enter = Callable[..., Awaitable[Client]]


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    """`await enter(process)`: a new user's socket on that process; `same=`: the user's next."""
    clients: list[Client] = []

    async def enter(process: Process, same: Client | None = None) -> Client:
        account = again(same) if same else await sign_up(process.url)
        clients.append(Client(process.url, account))
        return await clients[-1].connect()

    yield enter
    for client in clients:
        await client.close()


async def test_redis_is_emptied_and_nobody_is_lost(own_house: House, enter: Enter) -> None:
    first, second = own_house.processes
    ada, bob = await enter(first), await enter(second)
    other = await enter(first, same=bob)
    room = await open_room(ada)
    for client in (bob, other):
        await client.ok("room:join", here(room))
    counted = f"soundroom:room:{room['id']}:{bob.id}:sockets"
    async with redis.Redis.from_url(own_house.env["REDIS_URL"]) as store:
        await store.flushall()

        async def counted_again() -> bool:
            return bool(await store.scard(counted) == 2)

        await eventually(counted_again, within_s=25)
    await other.close()
    assert await is_connected(ada, room, bob)
    await bob.close()
    await ada.hears("room:member_updated", lambda e: not e["member"]["connected"])
    gone = [who(e) for e in ada.heard("room:member_updated") if not e["member"]["connected"]]
    assert gone == [bob.id]


async def test_a_socket_whose_membership_is_gone_is_put_out(own_house: House, enter: Enter) -> None:
    ada, bob = [await enter(process) for process in own_house.processes]
    room = await open_room(ada)
    await bob.ok("room:join", here(room))
    await own_house.execute("DELETE FROM room_members WHERE user_id = $1", bob.id)
    await bob.hears("room:user_left", within_s=25)
    await ada.ok("room:update", here(room, name="Hall"))
    await ada.hears("room:updated")
    await bob.ok("user:me")
    assert bob.heard("room:updated") == []


async def test_a_killed_process_takes_its_members_along_and_a_dj_becomes_host(
    own_house: House, enter: Enter
) -> None:
    stays = own_house.processes[0]
    dies = own_house.start()
    ada, gone = await enter(dies), await enter(dies)
    bob, eve = await enter(stays), await enter(stays)
    room = await open_room(ada)
    for client in (gone, bob, eve):
        await client.ok("room:join", here(room))
    await ada.ok("room:set_role", here(room, userId=eve.id, role="dj"))
    dies.kill()
    for lost in (ada, gone):
        await bob.hears("room:member_updated", partial(says_gone, lost), within_s=25)
    changed = await bob.hears("room:host_changed", within_s=30)
    assert changed == {"roomId": room["id"], "hostId": eve.id}
    state = await bob.ok("room:join", here(room))
    assert {m["user"]["id"]: m["role"] for m in state["members"]} == {
        eve.id: "host",
        ada.id: "dj",
        bob.id: "listener",
        gone.id: "listener",
    }
    back = await enter(stays, same=ada)
    assert (await back.ok("room:join", here(room)))["you"]["role"] == "dj"
    assert len(bob.heard("room:host_changed")) == 1


async def test_after_a_restart_nobody_is_there_until_they_come_back(
    tmp_path: Path, enter: Enter
) -> None:
    house = House("restarted", house_env(tmp_path))
    process = house.start()
    ada, bob = await enter(process), await enter(process)
    room = await open_room(ada)
    await bob.ok("room:join", here(room))
    process.kill()
    process = house.start()
    ada = await enter(process, same=ada)
    await ada.ok("room:join", here(room))

    async def bob_is_gone() -> bool:  # heard or not: it may be so before ada is back
        return not await is_connected(ada, room, bob)

    await eventually(bob_is_gone)
    assert await is_connected(ada, room, ada)
    house.stop()
