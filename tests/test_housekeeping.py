"""What the clock brings about, with a clock that the test sets; real database, no network."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from redis.exceptions import ConnectionError as RedisDownError

from handlers import housekeeping
from handlers.housekeeping import Chore, Housekeeping, keep_house, repeat
from handlers.services import Services
from models.lease import Lease
from models.member import Member, MemberRole
from models.nonce import Nonce
from models.playback_record import PlaybackRecord
from models.playback_status import Reason, Status
from models.room import Room, Visibility
from models.room_founding import found_room
from models.room_kick import RoomKick
from models.session import Session
from models.user import User
from tests.party import Json, Party, a_process, events, travel


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """A process on a database of its own."""
    async with a_process(tmp_path) as services:
        yield services


@pytest.fixture
def said(services: Services, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Json]]:
    """What the services told to rooms, as (event, data)."""
    told: list[tuple[str, Json]] = []
    monkeypatch.setattr(
        services.manager, "publish", lambda _room, event, data, **_: told.append((event, data))
    )
    return told


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


async def test_a_room_deserted_for_5_minutes_stops(
    services: Services, said: list[tuple[str, Json]]
) -> None:
    party = await Party.give(services)
    await party.play()
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
