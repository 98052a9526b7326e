"""What the clock brings about, with a clock that the test sets; real database, no network."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import redis.asyncio as redis
from redis.exceptions import ConnectionError as RedisDownError

from config.clock import SteadyClock
from config.database import open_database
from config.redis import open_redis
from config.settings import Settings
from handlers import housekeeping
from handlers.caller import Caller
from handlers.housekeeping import Chore, Housekeeping, begins_alone, keep_house, repeat
from handlers.lifecycle import build
from handlers.room_presence import settle
from handlers.services import Services
from models.lease import Lease
from models.member import Member, MemberRole
from models.nonce import Nonce
from models.playback import Cue, Playback, Reason, Status
from models.playback_record import PlaybackRecord
from models.presence import Presence
from models.room import Room, Visibility, changing
from models.room_door import admit
from models.room_founding import found_room
from models.room_host import set_role
from models.room_kick import RoomKick
from models.session import Session
from models.track import Track
from models.user import User
from tests.servers import redis_server

Json = dict[str, Any]


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """A process' parts on a database of its own; `travel` sets its clock forward."""
    settings = Settings.from_env({"DATA_DIR": str(tmp_path)})
    store = open_redis("")
    async with open_database("", tmp_path, 1):
        services = build(settings, SteadyClock(), store)
        await services.presence.show_life()
        yield services
    await store.aclose()


@pytest.fixture
def said(services: Services, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Json]]:
    """What the services told to rooms, as (event, data)."""
    told: list[tuple[str, Json]] = []
    monkeypatch.setattr(
        services.manager, "publish", lambda _room, event, data, **_: told.append((event, data))
    )
    return told


def travel(services: Services, **duration: float) -> None:
    """Set the clock forward, as `timedelta` understands it."""
    services.clock.set_exactly(timedelta(**duration).total_seconds() * 1000)


class Party:
    """A room with people; `sit` is one of their sockets coming in, `go` one going."""

    def __init__(self, services: Services, room: Room, host: User) -> None:
        self.services, self.room, self.host = services, room, host

    @classmethod
    async def give(cls, services: Services, **settings: Any) -> "Party":
        host = await User.sign_up(f"host-{uuid4().hex[:12]}")
        room = await found_room(host, services.now(), None, name="Kitchen", **settings)
        party = cls(services, room, host)
        await party.sit(host)
        return party

    async def guest(self, role: MemberRole = MemberRole.LISTENER) -> User:
        user = await User.sign_up(f"guest-{uuid4().hex[:12]}")
        await self.sit(user)
        async with changing(self.room.id) as room:
            await set_role(room, await Member.in_room(room.id, user.id), role)
        return user

    async def sit(self, user: User, sid: str = "") -> None:
        await self.services.presence.enter(self.room.id, user.id, sid or str(user.id))
        async with changing(self.room.id) as room:
            await admit(room, user, self.room.invite_code, self.services.now())

    async def go(self, user: User, sid: str = "") -> None:
        await self.services.presence.leave(self.room.id, user.id, sid or str(user.id))
        await settle(self.services, self.room.id, [user.id])

    async def roles(self) -> dict[UUID, MemberRole]:
        return {member.user_id: member.role for member in await Member.filter(room=self.room)}

    async def host_id(self) -> UUID | None:
        return (await Room.get(id=self.room.id)).host_id


def events(said: list[tuple[str, Json]], name: str) -> list[Json]:
    return [data for event, data in said if event == name]


# Hosts


async def test_the_room_passes_on_when_its_host_is_away_for_15_s(
    services: Services, said: list[tuple[str, Json]]
) -> None:
    party = await Party.give(services)
    await party.guest()
    dj = await party.guest(MemberRole.DJ)
    await party.guest(MemberRole.DJ)
    await party.go(party.host)
    travel(services, seconds=14)
    await Housekeeping(services).replace_hosts()
    assert await party.host_id() == party.host.id
    said.clear()
    travel(services, seconds=1)
    await Housekeeping(services).replace_hosts()
    assert await party.host_id() == dj.id
    roles = await party.roles()
    assert (roles[dj.id], roles[party.host.id]) == (MemberRole.HOST, MemberRole.DJ)
    assert said[0] == (
        "room:host_changed",
        {"roomId": str(party.room.id), "hostId": str(dj.id)},
    )
    updated = events(said, "room:member_updated")
    assert {data["member"]["user"]["id"] for data in updated} == {str(party.host.id), str(dj.id)}


async def test_without_djs_the_longest_presence_counts(services: Services) -> None:
    party = await Party.give(services)
    gone, first, _second = [await party.guest() for _ in range(3)]
    for user in (party.host, gone):
        await party.go(user)
    travel(services, seconds=15)
    await Housekeeping(services).replace_hosts()
    assert await party.host_id() == first.id


async def test_a_host_who_is_back_in_time_keeps_the_room(services: Services) -> None:
    party = await Party.give(services)
    await party.guest()
    await party.go(party.host)
    travel(services, seconds=14)
    await party.sit(party.host)
    travel(services, seconds=30)
    await Housekeeping(services).replace_hosts()
    assert await party.host_id() == party.host.id


async def test_an_empty_room_keeps_its_host_until_somebody_comes(services: Services) -> None:
    party = await Party.give(services)
    guest = await party.guest()
    for user in (guest, party.host):
        await party.go(user)
    travel(services, seconds=60)
    await Housekeeping(services).replace_hosts()
    assert await party.host_id() == party.host.id
    await party.sit(guest)
    await Housekeeping(services).replace_hosts()
    assert await party.host_id() == guest.id


async def test_a_room_whose_host_has_no_account_any_more_gets_one(services: Services) -> None:
    party = await Party.give(services)
    guest = await party.guest()
    await party.host.delete()
    await Housekeeping(services).replace_hosts()
    assert await party.host_id() == guest.id
    assert await party.roles() == {guest.id: MemberRole.HOST}


async def test_of_two_who_do_the_same_chore_one_changes_something(
    services: Services, said: list[tuple[str, Json]]
) -> None:
    party = await Party.give(services)
    await party.guest()
    leaving = await party.guest()
    await party.go(leaving)
    travel(services, minutes=10)
    await party.go(party.host)
    travel(services, minutes=5)
    two = [Housekeeping(services) for _ in range(2)]
    await asyncio.gather(*(one.replace_hosts() for one in two))
    await asyncio.gather(*(one.end_memberships() for one in two))
    assert len(events(said, "room:host_changed")) == 1
    assert len(events(said, "room:user_left")) == 1


# Memberships


async def test_a_membership_ends_after_15_minutes_away(
    services: Services, said: list[tuple[str, Json]]
) -> None:
    party = await Party.give(services)
    guest = await party.guest()
    await party.go(guest)
    travel(services, minutes=14, seconds=59)
    await Housekeeping(services).end_memberships()
    assert guest.id in await party.roles()
    travel(services, seconds=1)
    await Housekeeping(services).end_memberships()
    assert list(await party.roles()) == [party.host.id]
    assert (await Room.get(id=party.room.id)).member_count == 1
    (left,) = events(said, "room:user_left")
    assert left == {"roomId": str(party.room.id), "userId": str(guest.id), "reason": "timeout"}


async def test_in_a_private_room_membership_stays(services: Services) -> None:
    party = await Party.give(services, visibility=Visibility.PRIVATE)
    guest = await party.guest()
    await party.go(guest)
    travel(services, days=30)
    await Housekeeping(services).end_memberships()
    assert guest.id in await party.roles()


async def test_a_room_whose_last_member_timed_out_is_closed(services: Services) -> None:
    party = await Party.give(services)
    guest = await party.guest()
    for user in (party.host, guest):
        await party.go(user)
    travel(services, minutes=15)
    await Housekeeping(services).end_memberships()
    room = await Room.get(id=party.room.id)
    assert room.closed_at is not None
    assert room.member_count == 0
    assert not await Member.exists(room=party.room)


async def test_a_room_that_nobody_joined_is_closed_after_15_minutes(services: Services) -> None:
    host = await User.sign_up("host")
    room = await found_room(host, services.now(), None, name="Kitchen")
    travel(services, minutes=15)
    await Housekeeping(services).end_memberships()
    assert (await Room.get(id=room.id)).closed_at is not None


async def test_a_host_who_times_out_is_succeeded(services: Services) -> None:
    party = await Party.give(services)
    guest = await party.guest()
    await party.go(party.host)
    travel(services, minutes=1)
    await party.go(guest)
    travel(services, minutes=14)
    await Housekeeping(services).end_memberships()
    assert await party.roles() == {guest.id: MemberRole.HOST}
    assert await party.host_id() == guest.id


# Playing to nobody


async def test_a_room_deserted_for_5_minutes_stops(
    services: Services, said: list[tuple[str, Json]]
) -> None:
    party = await Party.give(services)
    now_ms = services.clock.now_ms()
    track = await Track.create(
        name="Song", name_key="song", duration=3600, url="/media/song", mime_type="audio/mp4"
    )
    cue = Cue(track.id, duration_s=track.duration)
    playing = Playback(party.room.id).loaded(cue, [], now_ms, party.host.id, Reason.PLAY)
    await PlaybackRecord.keep(playing)
    await party.go(party.host)
    travel(services, minutes=4, seconds=59)
    await Housekeeping(services).stop_the_deserted()
    assert (await PlaybackRecord.of(party.room.id)).status is Status.PLAYING
    travel(services, seconds=1)
    await Housekeeping(services).stop_the_deserted()
    stopped = await PlaybackRecord.of(party.room.id)
    assert (stopped.status, stopped.reason) == (Status.STOPPED, Reason.IDLE)
    (state,) = [data for data in events(said, "playback:state") if data["status"] == "stopped"]
    assert state["reason"] == "idle"


# Counting


async def test_after_a_restart_whoever_has_no_socket_is_disconnected_at_once(
    services: Services,
) -> None:
    party = await Party.give(services)
    guest = await party.guest()
    await services.presence.leave(party.room.id, guest.id, str(guest.id))
    alone = await begins_alone(services)
    await Housekeeping(services, began_alone=alone).reconcile()
    assert await Member.connected_ids(party.room.id) == [party.host.id]


async def test_beside_another_process_a_second_look_is_taken(services: Services) -> None:
    await Presence(services.redis, "another").show_life()
    party = await Party.give(services)
    keeper = Housekeeping(services, began_alone=await begins_alone(services))
    await services.redis.flushall()
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


async def test_the_sockets_of_a_dead_process_are_gone(services: Services) -> None:
    party = await Party.give(services)
    guest = await User.sign_up("guest")
    dead = Presence(services.redis, "dead")
    await dead.show_life()
    await dead.connect(guest.id, "its-socket")
    await dead.enter(party.room.id, guest.id, "its-socket")
    await party.sit(guest, "its-socket")
    await Housekeeping(services).bury_the_dead()
    assert guest.id in await Member.connected_ids(party.room.id)
    await dead.leave_for_good()
    await Housekeeping(services).bury_the_dead()
    assert await Member.connected_ids(party.room.id) == [party.host.id]
    assert await services.presence.count([guest.id]) == {guest.id: 0}


def add_caller(services: Services, user: User, *rooms: UUID) -> Caller:
    """A socket of this process; nothing is sent to it."""
    sid = uuid4().hex
    now = services.now()
    caller = Caller(services, sid, sid, user, uuid4(), now, room_ids=set(rooms))
    services.callers[sid] = caller
    return caller


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


async def test_what_nobody_can_use_any_more_is_deleted(services: Services) -> None:
    party = await Party.give(services)
    now = services.now()
    await Session.begin(party.host, "a browser", "127.0.0.1", now)
    await Nonce.use(party.host.id, "nonce", {}, uuid4(), now)
    await RoomKick.bar(party.room.id, party.host.id, now)
    keeper = Housekeeping(services)
    await keeper.forget_old()
    counts = [await row.all().count() for row in (Session, Nonce, RoomKick)]
    assert counts == [1, 1, 1]
    travel(services, days=7)
    await keeper.forget_old()
    assert [await row.all().count() for row in (Session, Nonce, RoomKick)] == [0, 0, 0]


# The task itself


async def test_a_chore_that_fails_is_tried_again(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "TICK_S", 0.001)
    outcomes: list[Exception | None] = [RedisDownError(), OSError(), ValueError("a bug"), None]
    done = asyncio.Event()

    async def work() -> None:
        outcome = outcomes.pop(0)
        if outcome:
            raise outcome
        done.set()

    stopping, lease = asyncio.Event(), Lease(services.redis, "test")
    task = asyncio.create_task(repeat(Chore(work, 60), lease, stopping))
    await asyncio.wait_for(done.wait(), 5)
    assert not task.done()
    stopping.set()
    await asyncio.wait_for(task, 5)


async def test_who_ends_in_order_leaves_the_lease_to_the_next(services: Services) -> None:
    other = Lease(services.redis, "housekeeping")
    task = asyncio.create_task(keep_house(services))
    async with asyncio.timeout(5):
        while await other.hold():
            await other.release()
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert await other.hold()


@pytest.fixture(scope="module", params=["fakeredis", "redis"])
def lease_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where leases are kept: in this process, or in a real Redis."""
    if request.param == "fakeredis":
        yield ""
        return
    with redis_server(tmp_path_factory.mktemp("lease")) as url:
        yield url


@pytest.fixture
async def store(lease_url: str) -> AsyncIterator["redis.Redis"]:
    """An empty store."""
    client = open_redis(lease_url)
    await client.flushall()
    yield client
    await client.aclose()


async def test_one_holds_the_lease_until_it_lets_go(store: "redis.Redis") -> None:
    ours, theirs = Lease(store, "test"), Lease(store, "test")
    assert await ours.hold()
    assert await ours.hold()
    assert not await theirs.hold()
    await theirs.release()  # it is not theirs to release
    assert not await theirs.hold()
    await ours.release()
    assert await theirs.hold()
    assert not await ours.hold()


async def test_a_lease_that_is_not_renewed_ends(store: "redis.Redis") -> None:
    ours = Lease(store, "test", timedelta(milliseconds=50))
    theirs = Lease(store, "test")
    assert await ours.hold()
    async with asyncio.timeout(5):
        while not await theirs.hold():
            await asyncio.sleep(0.005)
    assert not await ours.hold()


async def test_who_holds_the_lease_may_ask_many_times_at_once(store: "redis.Redis") -> None:
    lease = Lease(store, "test")
    assert all(await asyncio.gather(*(lease.hold() for _ in range(20))))


async def test_of_many_who_want_the_lease_one_gets_it(store: "redis.Redis") -> None:
    leases = [Lease(store, "test") for _ in range(20)]
    assert sum(await asyncio.gather(*(lease.hold() for lease in leases))) == 1
