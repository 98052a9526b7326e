"""Guessing: after some failures each one makes the next try wait, on all processes together."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from config.redis import open_redis
from models.attempts import FREE_CODES, FREE_FROM_EVERYWHERE, Attempts, Count
from models.errors import RateLimited
from tests.client import PASSWORD, Client
from tests.conftest import house_env, sign_up
from tests.credentials import code_of, post_from, wrong_code_of
from tests.databases import database
from tests.servers import House

Json = dict[str, Any]
WRONG = "not the password"


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def guarded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """An installation that limits, behind a proxy that says from which address a request is."""
    limits = {"RATE_LIMITS": "on", "TRUSTED_PROXIES": "1"}
    env = house_env(tmp_path_factory.mktemp("guarded"), **limits)
    with ExitStack() as stack:
        if request.param == "postgres":
            env["DATABASE_URL"] = stack.enter_context(
                database(request.getfixturevalue("postgres_url"))
            )
            env["REDIS_URL"] = request.getfixturevalue("redis_url")
        house = House(request.param, env)
        stack.callback(house.stop)
        for _ in range(2 if request.param == "postgres" else 1):
            house.start()
        yield house


def an_address() -> str:
    return f"address-{uuid4().hex}"


async def sign_in(
    house: House, name: str, password: str, address: str, *, process: int = 0
) -> Json:
    """The envelope of a sign-in with that name."""
    body = {"username": name, "password": password}
    url = house.urls[process % len(house.urls)]
    return (await post_from(address, url, "/auth/login", body))[1]


async def a_name(house: House) -> str:
    """Somebody who has signed up, from an address of their own."""
    name = f"ada-{uuid4().hex[:12]}"
    body = {"username": name, "password": PASSWORD}
    status, _ = await post_from(an_address(), house.urls[0], "/auth/register", body)
    assert status == 201
    return name


async def test_of_many_at_once_five_are_looked_at_whether_the_name_exists_or_not(
    guarded: House,
) -> None:
    for name in (await a_name(guarded), f"nobody-{uuid4().hex[:12]}"):
        address = an_address()
        tries = (sign_in(guarded, name, WRONG, address, process=n) for n in range(12))
        answers = await asyncio.gather(*tries)
        refused = [each for each in answers if each["code"] == "rate_limited"]
        # On a slow machine some may come when the first second is over.
        assert 1 <= len(refused) <= 7
        assert all(0 < each["retryAfter"] <= 4 for each in refused)
        assert {each["code"] for each in answers} == {"unauthorized", "rate_limited"}


async def test_a_right_password_is_not_looked_at_either_while_one_must_wait(guarded: House) -> None:
    name, address = await a_name(guarded), an_address()
    left_s = 0.0
    while left_s < 3:  # the wait doubles: soon it is longer than any request takes
        await asyncio.sleep(left_s)
        answer = await sign_in(guarded, name, WRONG, address)
        left_s = answer.get("retryAfter", 0)
    for n, spelled in enumerate((name, name.upper())):
        answer = await sign_in(guarded, spelled, PASSWORD, address, process=n)
        assert answer["code"] == "rate_limited"
    assert (await sign_in(guarded, name, PASSWORD, an_address()))["success"]


async def test_a_success_forgets_the_failures(guarded: House) -> None:
    name, address = await a_name(guarded), an_address()
    for _ in range(3):
        for _ in range(4):
            assert (await sign_in(guarded, name, WRONG, address))["code"] == "unauthorized"
        assert (await sign_in(guarded, name, PASSWORD, address))["success"]


async def test_who_is_signed_in_hears_nothing_of_it(guarded: House) -> None:
    account = await sign_up_from(guarded)
    ada = await Client(guarded.urls[0], account).connect()
    for _ in range(6):
        await sign_in(guarded, account["user"]["username"], WRONG, an_address())
    body = {"refreshToken": account["refreshToken"]}
    status, _ = await post_from(an_address(), guarded.urls[0], "/auth/refresh", body)
    assert status == 200
    assert (await ada.ok("user:me"))["id"] == ada.id
    await ada.close()


async def sign_up_from(house: House) -> Json:
    body = {"username": f"ada-{uuid4().hex[:12]}", "password": PASSWORD}
    _, answer = await post_from(an_address(), house.urls[0], "/auth/register", body)
    account: Json = answer["data"]
    return account


async def test_wrong_codes_count_over_all_challenges(guarded: House) -> None:
    account = await sign_up_from(guarded)
    ada = await Client(guarded.urls[0], account).connect()
    setup = await ada.ok("two_factor:setup", {"password": PASSWORD})
    await ada.ok("two_factor:enable", {"code": code_of(setup["secret"])})
    name, wrong = account["user"]["username"], wrong_code_of(setup["secret"])
    given = [(await sign_in(guarded, name, PASSWORD, an_address()))["data"] for _ in range(3)]
    tries = [
        post_from(
            an_address(),
            guarded.urls[n % len(guarded.urls)],
            "/auth/login/2fa",
            {"challengeToken": given[n % 3]["challengeToken"], "code": wrong},
        )
        for n in range(15)
    ]
    codes = [answer["code"] for _, answer in await asyncio.gather(*tries)]
    assert set(codes) == {"unauthorized", "rate_limited"}
    assert FREE_CODES <= codes.count("unauthorized") < 15
    await ada.close()


async def test_a_stolen_session_guesses_no_password(guarded: House) -> None:
    account = await sign_up_from(guarded)
    ada = await Client(guarded.urls[0], account).connect()
    guess = {"currentPassword": WRONG, "newPassword": PASSWORD}
    codes = [await ada.refused("user:change_password", guess) for _ in range(6)]
    assert codes == ["forbidden"] * 5 + ["rate_limited"]
    codes = [await ada.refused("user:delete_account", {"password": WRONG}) for _ in range(5)]
    assert "rate_limited" in codes
    await ada.close()


async def test_switched_off_nobody_waits(house: House) -> None:
    name = (await sign_up(house.urls[0]))["user"]["username"]
    for _ in range(8):
        answer = await sign_in(house, name, WRONG, "here")
        assert answer["code"] == "unauthorized"
    assert (await sign_in(house, name, PASSWORD, "here"))["success"]


@pytest.fixture(params=["alone", "redis"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Redis]:
    """What counts, within this process or in a Redis."""
    url = request.getfixturevalue("redis_url") if request.param == "redis" else ""
    client = open_redis(url)
    yield client
    await client.aclose()


async def wait_s(attempts: Attempts, *counts: Count, at_s: float) -> float:
    """How long a try at that time is told to wait; 0 if it was let through."""
    try:
        await attempts.begin(*counts, now_ms=at_s * 1000)
    except RateLimited as refused:
        return refused.retry_after_s
    return 0


async def test_the_wait_doubles_up_to_fifteen_minutes(store: Redis) -> None:
    attempts, count = Attempts(store), Count.of("test", uuid4().hex)
    now_s = 0.0
    waits: list[float] = []
    for _ in range(18):
        assert await wait_s(attempts, count, at_s=now_s) == 0
        waits.append(await wait_s(attempts, count, at_s=now_s) if len(waits) >= 4 else 0)
        now_s += waits[-1]
    assert waits == [0] * 4 + [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900, 900]


async def test_who_asked_earlier_and_comes_later_need_not_wait_for_that(store: Redis) -> None:
    attempts, count = Attempts(store), Count.of("test", uuid4().hex)
    assert [await wait_s(attempts, count, at_s=at_s) for at_s in (9, 8, 7, 6, 5)] == [0] * 5
    assert await wait_s(attempts, count, at_s=9) == 1


async def test_any_number_at_once_gets_no_more_through_than_one_by_one(store: Redis) -> None:
    processes, count = (Attempts(store), Attempts(store)), Count.of("test", uuid4().hex)
    tries = (wait_s(attempts, count, at_s=0) for attempts in processes * 6)
    assert sorted(await asyncio.gather(*tries)) == [0] * 5 + [1] * 7


async def test_who_is_refused_does_not_wait_longer_for_asking(store: Redis) -> None:
    attempts, count = Attempts(store), Count.of("test", uuid4().hex)
    for _ in range(7):
        await wait_s(attempts, count, at_s=0)
    assert [await wait_s(attempts, count, at_s=at_s) for at_s in (0, 0.5, 0.9)] == [
        pytest.approx(left) for left in (1, 0.5, 0.1)
    ]


async def test_failures_are_forgotten_after_fifteen_quiet_minutes(store: Redis) -> None:
    attempts, count = Attempts(store), Count.of("test", uuid4().hex)
    for at_s in (0, 0, 0, 0, 0, 1):
        await attempts.begin(count, now_ms=at_s * 1000)
    assert 900 < await store.ttl(count.key) <= 902


async def test_many_addresses_together_wait_but_not_one_that_is_known(store: Redis) -> None:
    attempts, account = Attempts(store), f"name {uuid4().hex}"
    await attempts.begin_sign_in(account, "home", 0)
    await attempts.succeed_sign_in(account, "home")
    for n in range(FREE_FROM_EVERYWHERE):
        await attempts.begin_sign_in(account, f"bot {n}", 0)
    with pytest.raises(RateLimited):
        await attempts.begin_sign_in(account, "one more bot", 0)
    await attempts.begin_sign_in(account, "home", 0)


async def test_no_key_tells_who_it_is_about(store: Redis) -> None:
    await Attempts(store).begin_sign_in("email ada@example.org", "10.0.0.7", 0)
    keys = str([key async for key in store.scan_iter("soundroom:*")])
    assert "example" not in keys
    assert "10.0.0.7" not in keys
