"""Who connects at one time shares the reads and the counting, and is judged alone."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from config.redis import open_redis
from models.channel import Channel
from models.errors import Unauthorized
from models.presence_redis import RedisPresence
from models.row import Row
from models.server import Server
from models.session import Session
from models.user import User
from tests.conftest import Connect
from tests.databases import opened
from tests.servers import House
from tests.test_snapshot import queries

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def values(row: Row) -> dict[str, Any]:
    """What the database keeps of a row."""
    return {name: getattr(row, name) for name in row._meta.db_fields}


async def test_many_connects_cost_few_queries(tmp_path: Path) -> None:
    async def connect(session: Session) -> tuple[Session, tuple[UUID, list[UUID]]]:
        return await Session.alive(session.id, NOW), await Channel.of_everybody()

    async with opened(tmp_path):
        await Server.make_default()
        users = [await User.sign_up(f"user{number}") for number in range(30)]
        sessions = [await Session.begin(user, "phone", "::1", NOW) for user in users]
        with queries() as ran:
            connected = await asyncio.gather(*map(connect, sessions))
        assert len(ran) <= 4
        server = await Server.default()
        everybodys = (server.id, [channel.id for channel in await Channel.of_server(server.id)])
        assert len(everybodys[1]) == 3
        for user, session, (alive, topics) in zip(users, sessions, connected, strict=True):
            assert (alive.id, alive.user.id, alive.user.username) == (
                session.id,
                user.id,
                user.username,
            )
            assert topics == everybodys
            assert values(alive) == values(await Session.get(id=session.id))
            assert values(alive.user) == values(user)


async def test_each_of_one_session_has_an_object_of_their_own(tmp_path: Path) -> None:
    async with opened(tmp_path):
        session = await Session.begin(await User.sign_up("ada"), "phone", "::1", NOW)
        one, other = await asyncio.gather(*(Session.alive(session.id, NOW) for _ in range(2)))
        one.user.bio = "Mine"
        assert other.user.bio is None


async def test_a_session_that_has_ended_fails_alone(tmp_path: Path) -> None:
    async with opened(tmp_path):
        ada, bob = await User.sign_up("ada"), await User.sign_up("bob")
        good, ended = [await Session.begin(user, "phone", "::1", NOW) for user in (ada, bob)]
        await ended.revoke(NOW)
        asked = (Session.alive(session_id, NOW) for session_id in (good.id, ended.id, uuid4()))
        alive, *refused = await asyncio.gather(*asked, return_exceptions=True)
        assert isinstance(alive, Session)
        assert [type(each) for each in refused] == [Unauthorized, Unauthorized]


async def test_sockets_that_come_and_go_together_are_counted_in_few_steps(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = open_redis("")
    presence = RedisPresence(store, "process", lambda: 0.0)
    users, steps = [uuid4() for _ in range(20)], 0
    pipeline = store.pipeline

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal steps
        steps += 1
        return pipeline(*args, **kwargs)

    room_id = uuid4()
    with monkeypatch.context() as patched:
        patched.setattr(store, "pipeline", counted)
        await asyncio.gather(*(presence.connect(user, f"{user}") for user in users))
        await asyncio.gather(*(presence.enter(room_id, user, f"{user}") for user in users))
        gone = users[:5]
        await asyncio.gather(*(presence.disconnect(user, f"{user}", [room_id]) for user in gone))
    assert steps <= 6
    expected = {user: int(user not in gone) for user in users}
    assert await presence.in_room(room_id, users) == expected
    assert await presence.standing(users) == {
        user: (count, user in gone) for user, count in expected.items()
    }
    assert await presence.registered() == {str(user) for user in users[5:]}
    await store.aclose()


async def test_many_sockets_connect_at_once(connect: Connect, house: House) -> None:
    ada = await connect("ada")
    sockets = await asyncio.gather(*(connect(same=ada) for _ in range(20)))
    sent = await ada.ok("message", {"content": "Hello"})
    for socket in sockets:
        assert await socket.hears("message", lambda heard: heard["id"] == sent["id"]) == sent
    await asyncio.gather(*(socket.close() for socket in sockets))
    assert (await ada.ok("user:get", {"userId": ada.id}))["status"] == "online"
