"""Who is connected: the count of sockets and the members' rows, however they come to differ."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from handlers.caller import Caller
from handlers.housekeeping import Housekeeping, begins_alone
from handlers.room_presence import Doors, settle
from handlers.services import Services, room_channel
from models.member import Member
from models.presence_redis import RedisPresence
from models.presence_steps import life_key
from models.room import Room
from models.user import User
from tests.party import Party, a_process
from tests.silent import SilentSocket


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[Services]:
    """A process on a database of its own, which counts its sockets by itself."""
    async with a_process(tmp_path) as services:
        yield services


@pytest.fixture
async def shared(alone: Services) -> Services:
    """A process that counts its sockets together with others."""
    alone.presence = RedisPresence(alone.redis, "this", alone.clock.now_ms)
    await alone.presence.show_life()
    return alone


@pytest.fixture(params=["alone", "shared"])
def services(request: pytest.FixtureRequest) -> Services:
    """A process, whichever way it counts."""
    services: Services = request.getfixturevalue(request.param)
    return services


async def test_after_a_restart_whoever_has_no_socket_is_disconnected_at_once(
    services: Services,
) -> None:
    party = await Party.give(services)
    guest = await party.guest()
    await services.presence.leave(party.room.id, guest.id, str(guest.id))
    alone = await begins_alone(services)
    await Housekeeping(services, began_alone=alone).reconcile()
    assert await Member.connected_ids(party.room.id) == [party.host.id]


async def test_beside_another_process_a_second_look_is_taken(shared: Services) -> None:
    await RedisPresence(shared.redis, "another", shared.clock.now_ms).show_life()
    party = await Party.give(shared)
    keeper = Housekeeping(shared, began_alone=await begins_alone(shared))
    await shared.redis.flushall()
    await keeper.reconcile()
    assert await Member.connected_ids(party.room.id) == [party.host.id]
    await keeper.reconcile()
    assert await Member.connected_ids(party.room.id) == []


async def test_who_has_a_socket_after_all_is_connected_again(services: Services) -> None:
    party = await Party.give(services)
    await Member.filter(room=party.room).update(disconnected_at=services.now())
    await Housekeeping(services).reconcile()
    assert await Member.connected_ids(party.room.id) == [party.host.id]
    assert (await Room.get(id=party.room.id)).deserted_at is None


async def test_the_sockets_of_a_dead_process_are_gone(shared: Services) -> None:
    party = await Party.give(shared)
    guest = await User.sign_up("guest")
    dead = RedisPresence(shared.redis, "dead", shared.clock.now_ms)
    await dead.show_life()
    await dead.connect(guest.id, "its-socket")
    await dead.enter(party.room.id, guest.id, "its-socket")
    await party.sit(guest, "its-socket")
    await Housekeeping(shared).bury_the_dead()
    assert guest.id in await Member.connected_ids(party.room.id)
    await shared.redis.delete(life_key("dead"))
    await Housekeeping(shared).bury_the_dead()
    assert await Member.connected_ids(party.room.id) == [party.host.id]
    assert await shared.presence.standing([guest.id]) == {guest.id: (0, True)}


def add_caller(services: Services, user: User, *rooms: UUID) -> Caller:
    """A socket of this process; nothing is sent to it."""
    sid, socket = uuid4().hex, SilentSocket()
    now = services.now()
    caller = Caller(services, sid, socket, user, uuid4(), now, room_ids=set(rooms))
    services.callers[sid] = caller
    return caller


async def test_a_word_that_comes_late_puts_nobody_out_who_has_joined_again(
    services: Services,
) -> None:
    party = await Party.give(services)
    caller = add_caller(services, party.host, party.room.id)
    services.sio.eio.sockets[caller.socket.id] = caller.socket
    caller.sid = await services.manager.pre_connect(caller.socket.id, "/") or ""
    services.callers[caller.sid] = caller
    caller.enter(room_channel(party.room.id))
    room, channel = str(party.room.id), str(party.room.channel_id)
    left = {"room": room, "channel": channel, "user": str(party.host.id), "reason": "left"}
    doors = Doors(services)
    await doors.after_leaving(left)
    assert services.manager.sids(room_channel(party.room.id)) == [caller.sid]
    await Member.filter(room=party.room).delete()
    await doors.after_leaving(left)
    assert services.manager.sids(room_channel(party.room.id)) == []
    assert caller.room_ids == set()


async def test_a_process_says_again_which_sockets_it_has(services: Services) -> None:
    party = await Party.give(services)
    callers = [add_caller(services, party.host, party.room.id) for _ in range(2)]
    await Housekeeping(services).vouch()
    counts = await services.presence.in_room(party.room.id, [party.host.id])
    assert counts == {party.host.id: 3}  # the one from `give`, too
    assert await services.presence.registered() == {caller.sid for caller in callers}


async def test_a_socket_that_is_none_is_taken_out_at_the_second_look(services: Services) -> None:
    party = await Party.give(services)
    await services.presence.leave(party.room.id, party.host.id, str(party.host.id))
    await services.presence.connect(party.host.id, "stray")
    await services.presence.enter(party.room.id, party.host.id, "stray")
    keeper = Housekeeping(services)
    await keeper.vouch()
    assert await Member.connected_ids(party.room.id) == [party.host.id]
    await keeper.vouch()
    assert await services.presence.registered() == set()
    assert await Member.connected_ids(party.room.id) == []


@pytest.mark.parametrize("comes", [True, False])
async def test_a_socket_that_moves_between_the_look_and_the_write_is_seen(
    services: Services, comes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = await Party.give(services)
    look, host = services.presence.in_room, party.host

    async def look_then(room_id: UUID, user_ids: Any) -> dict[UUID, int]:
        monkeypatch.setattr(services.presence, "in_room", look)
        counts = await look(room_id, user_ids)
        await (party.sit(host, "second") if comes else party.go(host))
        return counts

    if comes:
        await services.presence.leave(party.room.id, host.id, str(host.id))
    else:
        await Member.filter(room=party.room).update(disconnected_at=services.now())
    monkeypatch.setattr(services.presence, "in_room", look_then)
    await settle(services, party.room.id, [host.id])
    assert await Member.connected_ids(party.room.id) == ([host.id] if comes else [])


@pytest.mark.parametrize("seed", range(5))
async def test_count_and_row_agree_however_comings_and_goings_meet(
    services: Services, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    party = await Party.give(services)
    user = await party.guest()
    chance = random.Random(seed)
    in_room = services.presence.in_room

    async def late(room_id: UUID, user_ids: Any) -> dict[UUID, int]:
        counts = await in_room(room_id, user_ids)
        for _ in range(chance.randrange(12)):  # what was read grows old
            await asyncio.sleep(0)
        return counts

    monkeypatch.setattr(services.presence, "in_room", late)

    async def fidget(sid: str, *, stays: bool) -> None:
        for _ in range(6):
            await party.sit(user, sid)
            await party.go(user, sid)
        if stays:
            await party.sit(user, sid)

    stays = bool(seed % 2)
    await party.go(user)
    await asyncio.gather(*(fidget(sid, stays=stays) for sid in ("a", "b", "c")))
    assert (user.id in await Member.connected_ids(party.room.id)) is stays
