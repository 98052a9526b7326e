"""What friends are told, and who tells it, with a clock that the test sets and no network."""

from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from uuid import UUID, uuid4

import pytest
from redis.exceptions import ConnectionError as RedisDownError

from handlers import friend_presence
from handlers.friend_presence import FriendPresenceTeller
from handlers.housekeeping import Housekeeping
from handlers.services import Services
from models.friend import Friendship
from models.listening import Listening
from models.presence import Presence
from models.presence_redis import RedisPresence
from models.presence_told import LastTold, Told, shares
from models.presence_view import View, views_of
from models.user import User, UserStatus
from tests.party import Json, Party, a_process, travel
from tests.test_room_counting import add_caller
from tests.test_snapshot import queries

Said = list[tuple[UUID, UUID, str]]  # to whom, of whom, what


@pytest.fixture(params=["alone", "shared"])
async def services(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Services]:
    """A process on a database of its own, whichever way it counts its sockets."""
    async with a_process(tmp_path) as services:
        if request.param == "shared":
            services.presence = RedisPresence(services.redis, "this", services.clock.now_ms)
        yield services


@pytest.fixture
def said(services: Services, monkeypatch: pytest.MonkeyPatch) -> Said:
    """What friends were told."""
    told: Said = []

    def publish_each(channels: Iterable[str], _event: str, data: Json) -> None:
        for channel in channels:
            user_id = UUID(channel.removeprefix("user:"))
            told.append((user_id, UUID(data["userId"]), data["status"]))

    monkeypatch.setattr(services.manager, "publish_each", publish_each)
    return told


async def people(*names: str) -> list[User]:
    """New users; all others are friends of the first."""
    first, *others = [await User.sign_up(f"{name}-{uuid4().hex[:12]}") for name in names]
    for other in others:
        await befriend(first, other)
    return [first, *others]


async def befriend(one: User, other: User) -> None:
    await Friendship.create(user=one, friend=other)
    await Friendship.create(user=other, friend=one)


async def come(presence: Presence, *users: User) -> None:
    """Each has a socket from now on."""
    for user in users:
        await presence.connect(user.id, f"socket of {user.id}")


async def go(presence: Presence, *users: User) -> None:
    """Each loses it."""
    for user in users:
        await presence.disconnect(user.id, f"socket of {user.id}", ())


def all_told(said: Said) -> Said:
    """What was said until now, in an order of its own; from here on it is forgotten."""
    told = sorted(said)
    said.clear()
    return told


async def status(services: Services, user: User) -> str:
    """What others see."""
    await services.presence.mark([user])
    return user.status


async def test_who_loses_the_last_socket_is_there_for_ten_seconds(services: Services) -> None:
    (ada,) = await people("ada")
    presence = services.presence
    await come(presence, ada)
    await presence.connect(ada.id, "another")
    await go(presence, ada)
    travel(services, seconds=11)
    assert await status(services, ada) == "online"
    await presence.disconnect(ada.id, "another", ())
    travel(services, seconds=6)
    assert await status(services, ada) == "online"
    travel(services, seconds=4)
    assert await status(services, ada) == "offline"


async def test_friends_are_told_once_who_comes_and_who_is_gone(
    services: Services, said: Said
) -> None:
    ada, bob, eve = await people("ada", "bob", "eve")
    teller = FriendPresenceTeller(services)
    await come(services.presence, bob, eve)
    await teller.do_round()
    assert all_told(said) == []  # nobody is there who could hear it
    await come(services.presence, ada)
    await teller.do_round()
    await teller.do_round()
    assert all_told(said) == sorted([(bob.id, ada.id, "online"), (eve.id, ada.id, "online")])
    await go(services.presence, bob)
    await teller.do_round()
    assert all_told(said) == []
    travel(services, seconds=10)
    await teller.do_round()
    await teller.do_round()
    assert all_told(said) == [(ada.id, bob.id, "offline")]


async def test_a_page_that_is_loaded_again_is_no_news(services: Services, said: Said) -> None:
    ada, bob = await people("ada", "bob")
    teller = FriendPresenceTeller(services)
    await come(services.presence, ada, bob)
    await teller.do_round()
    said.clear()
    for _ in range(3):
        await go(services.presence, bob)
        travel(services, seconds=9)
        await teller.do_round()
        await come(services.presence, bob)
        await teller.do_round()
        travel(services, seconds=11)
        await teller.do_round()
    assert said == []


async def test_who_still_lingers_when_others_are_told_is_told_in_time(
    services: Services, said: Said
) -> None:
    ada, bob, eve = await people("ada", "bob", "eve")
    teller = FriendPresenceTeller(services)
    await come(services.presence, ada, bob, eve)
    await teller.do_round()
    await go(services.presence, bob)
    travel(services, seconds=5)
    await go(services.presence, eve)
    await teller.do_round()
    said.clear()
    for user in (bob, eve):
        travel(services, seconds=5)
        await teller.do_round()
        assert all_told(said) == [(ada.id, user.id, "offline")]


async def test_one_process_tells_at_a_time(services: Services, said: Said) -> None:
    ada, bob = await people("ada", "bob")
    first, second = FriendPresenceTeller(services), FriendPresenceTeller(services)
    await come(services.presence, ada)
    await first.do_round()
    await come(services.presence, bob)
    await second.do_round()
    assert said == []
    await first.do_round()
    assert said == [(ada.id, bob.id, "online")]


async def test_what_a_teller_could_not_note_any_more_is_told_again(
    services: Services, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await people("ada", "bob")
    dies, follows = FriendPresenceTeller(services), FriendPresenceTeller(services)
    await come(services.presence, ada, bob)
    await dies.do_round()
    travel(services, minutes=1)
    said.clear()
    await choose(services, bob, UserStatus.IDLE)
    with monkeypatch.context() as dying:
        dying.setattr(LastTold, "note", fail)
        with pytest.raises(RedisDownError):
            await dies.do_round()
    await dies._lease.release()
    await choose(services, bob, UserStatus.ONLINE)
    await follows.do_round()
    assert said == [(ada.id, bob.id, "idle"), (ada.id, bob.id, "online")]


async def choose(services: Services, user: User, chosen: UserStatus) -> None:
    await user.change(chosen_status=chosen)
    services.presence.changed([user.id])


async def fail(*_: Any, **__: Any) -> None:
    raise RedisDownError


async def test_what_a_teller_said_in_its_last_moments_is_told_again(
    services: Services, said: Said
) -> None:
    ada, bob, eve = await people("ada", "bob", "eve")
    dies, follows = FriendPresenceTeller(services), FriendPresenceTeller(services)
    await come(services.presence, ada, bob)
    await dies.do_round()
    travel(services, seconds=20)
    await come(services.presence, eve)
    await dies.do_round()
    await dies._lease.release()
    said.clear()
    await follows.do_round()  # finds them
    await follows.do_round()
    assert all_told(said) == [(ada.id, eve.id, "online")]
    follows._look_at = 0.0
    await follows.do_round()
    await follows.do_round()
    assert said == []


async def test_what_nobody_noted_is_found(services: Services, said: Said) -> None:
    ada, bob = await people("ada", "bob")
    teller = FriendPresenceTeller(services)
    await come(services.presence, ada, bob)
    await teller.do_round()
    said.clear()
    await bob.change(chosen_status=UserStatus.DND)
    await teller.do_round()
    assert said == []
    teller._look_at = 0.0
    await teller.do_round()
    await teller.do_round()
    assert said == [(ada.id, bob.id, "dnd")]


async def test_what_cannot_be_told_keeps_nobody_else_waiting(
    services: Services, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await people("ada", "bob")
    teller = FriendPresenceTeller(services)
    await come(services.presence, ada)
    with monkeypatch.context() as broken:
        broken.setattr(friend_presence, "views_of", Mock(side_effect=ValueError("rubbish")))
        with pytest.raises(ValueError, match="rubbish"):
            await teller.do_round()
    await come(services.presence, bob)
    await teller.do_round()
    assert said == [(ada.id, bob.id, "online")]


async def test_who_was_told_as_offline_is_forgotten_in_the_end(
    services: Services, said: Said
) -> None:
    ada, bob = await people("ada", "bob")
    teller, last = FriendPresenceTeller(services), LastTold(services.redis)
    await come(services.presence, ada, bob)
    await teller.do_round()
    await go(services.presence, bob)
    travel(services, seconds=10)
    await teller.do_round()
    for told_of in ({ada.id, bob.id}, {ada.id}):
        teller._look_at = 0.0
        await teller.do_round()
        assert (await last.some(0))[1].keys() == told_of
        travel(services, minutes=1)
    await Friendship.all().delete()
    teller._look_at = 0.0
    await teller.do_round()
    assert (await last.some(0))[1] == {}


async def test_two_who_become_friends_are_told_of_each_other(
    services: Services, said: Said
) -> None:
    ada, bob = await people("ada", "bob")
    (eve,) = await people("eve")
    teller = FriendPresenceTeller(services)
    await come(services.presence, ada, bob, eve)
    await teller.do_round()
    said.clear()
    await befriend(ada, eve)
    services.presence.befriended(ada.id, eve.id)
    await teller.do_round()
    assert all_told(said) == sorted([(ada.id, eve.id, "online"), (eve.id, ada.id, "online")])


async def test_who_may_recover_a_lost_socket_is_told_meanwhile(
    services: Services, said: Said
) -> None:
    ada, bob = await people("ada", "bob")
    teller = FriendPresenceTeller(services)
    await come(services.presence, ada, bob)
    await go(services.presence, ada)
    for status, seconds in ((UserStatus.IDLE, 11), (UserStatus.DND, 160), (UserStatus.ONLINE, 40)):
        travel(services, seconds=seconds)
        await teller.do_round()
        await choose(services, bob, status)
        await teller.do_round()
        await come(services.presence, bob)
        await teller.do_round()
    heard = [status for user_id, _, status in said if user_id == ada.id]
    assert heard == ["online", "idle", "dnd"]


async def test_telling_takes_as_many_queries_for_many_as_for_few(
    services: Services, said: Said
) -> None:
    teller = FriendPresenceTeller(services)
    counts = []
    for count in (2, 12):
        party = await Party.give(services)
        first, *others = await people("first", *["other"] * count)
        for user in (first, *others):
            await party.sit(user)
        await teller.do_round()
        await come(services.presence, first, *others)
        with queries() as ran:
            await teller.do_round()
        assert len(all_told(said)) == 2 * count
        counts.append(len(ran))
    assert counts[0] == counts[1]


async def test_who_has_no_friends_costs_one_query(services: Services, said: Said) -> None:
    users = [(await people("alone"))[0] for _ in range(5)]
    teller = FriendPresenceTeller(services)
    await teller.do_round()
    await come(services.presence, *users)
    with queries() as ran:
        await teller.do_round()
    assert len(ran) == 1


@pytest.mark.parametrize("services", ["shared"], indirect=True)
async def test_after_redis_was_emptied_all_who_are_there_are_told_again(
    services: Services, said: Said
) -> None:
    ada, bob = await people("ada", "bob")
    teller, keeper = FriendPresenceTeller(services), Housekeeping(services)
    for user in (ada, bob):
        add_caller(services, user)
    await keeper.vouch()
    await teller.do_round()
    expected = sorted([(ada.id, bob.id, "online"), (bob.id, ada.id, "online")])
    assert all_told(said) == expected
    await services.redis.flushall()
    await keeper.vouch()
    await teller.do_round()
    assert all_told(said) == expected


@pytest.mark.parametrize("services", ["shared"], indirect=True)
async def test_who_goes_while_redis_is_away_and_comes_back_empty_is_told_as_gone(
    services: Services, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, bob = await people("ada", "bob")
    teller = FriendPresenceTeller(services)
    await come(services.presence, ada, bob)
    await teller.do_round()
    said.clear()
    with monkeypatch.context() as away:
        for name in ("pipeline", "rpush"):
            away.setattr(services.redis, name, unreachable)
        with pytest.raises(RedisDownError):
            await go(services.presence, bob)
        services.presence.changed([ada.id])
        with pytest.raises(RedisDownError):
            await teller.do_round()
    await services.redis.flushall()
    await come(services.presence, ada)
    await teller.do_round()
    assert all_told(said) == [(ada.id, bob.id, "offline")]


def unreachable(*_: Any, **__: Any) -> None:
    raise RedisDownError


HERE = Listening(uuid4(), "Kitchen", uuid4(), None)


@pytest.mark.parametrize(
    ("status", "listening", "lingers", "is_news"),
    [
        (UserStatus.ONLINE, HERE, False, False),
        (UserStatus.ONLINE, None, False, True),
        (UserStatus.ONLINE, None, True, False),  # the page may come back into its room
        (UserStatus.ONLINE, Listening(HERE.room_id, "Bath", HERE.host_id, None), True, True),
        (UserStatus.IDLE, None, True, True),
        (UserStatus.OFFLINE, None, True, True),
        (UserStatus.OFFLINE, None, False, True),
    ],
)
def test_what_is_news_of_who_was_online_in_a_room(
    status: UserStatus, listening: Listening | None, lingers: bool, is_news: bool
) -> None:
    user_id = uuid4()
    told = Told.of(View(user_id, UserStatus.ONLINE, HERE, lingers=False), 5.0)
    assert told.differs(View(user_id, status, listening, lingers)) is is_news


@pytest.mark.parametrize("lingers", [False, True])
@pytest.mark.parametrize(
    ("host_before", "host_now", "told_of_it"),
    [
        ("kind", "kind", {}),
        ("cruel", "cruel", {}),
        ("kind", "cruel", {"blocked": False}),
        ("cruel", "kind", {"blocked": True}),
    ],
)
def test_of_another_host_hears_only_for_whom_the_room_appears_or_disappears(
    host_before: str, host_now: str, told_of_it: dict[str, bool], lingers: bool
) -> None:
    ids = {name: uuid4() for name in ("kind", "cruel", "blocked", "other")}
    view, before = (
        View(uuid4(), UserStatus.ONLINE, replace(HERE, host_id=ids[host]), lingers)
        for host in (host_now, host_before)
    )
    friends, blocks = {ids["blocked"], ids["other"]}, {(ids["cruel"], ids["blocked"])}
    heard = {
        name: shown.listening is not None
        for shown, hearers in shares(view, Told.of(before, 5.0), friends, blocks)
        for name in ids
        if ids[name] in hearers
    }
    assert heard == told_of_it


async def test_who_is_invisible_listens_to_nothing(services: Services) -> None:
    party = await Party.give(services)
    await come(services.presence, party.host)
    seen = (await views_of(services.presence, [party.host.id]))[party.host.id]
    assert (seen.status, seen.listening) == (
        UserStatus.ONLINE,
        Listening(party.room.id, party.room.name, party.host.id, None),
    )
    await choose(services, party.host, UserStatus.OFFLINE)
    seen = (await views_of(services.presence, [party.host.id]))[party.host.id]
    assert (seen.status, seen.listening) == (UserStatus.OFFLINE, None)
