"""An account that has the address already: linked with its password, and never without."""

import asyncio
from uuid import UUID, uuid4

import pytest

from tests.client import PASSWORD, Client, post
from tests.conftest import Connect
from tests.credentials import code_of, forget_last_code, with_second_factor, wrong_code_of
from tests.oauth.browser import Browser
from tests.oauth.conftest import FRONT, Json, SignIn, somebody
from tests.oauth.provider import Provider
from tests.servers import House


async def register(house: House, email: str) -> Client:
    """Somebody's socket, whose account has that address, and a password."""
    body = {"username": f"ada-{uuid4().hex[:12]}", "password": PASSWORD, "email": email}
    status, answer = await post(house.urls[0], "/auth/register", body)
    assert status == 201, answer
    return await Client(house.urls[0], answer["data"]).connect()


async def link(house: House, token: str, password: str = PASSWORD, **more: str) -> tuple[int, Json]:
    body = {"linkToken": token, "password": password, **more}
    return await post(house.urls[-1], "/auth/oauth/link", body)


async def test_an_account_with_the_address_is_linked_by_its_password(
    house: House, provider: Provider, sign_in: SignIn
) -> None:
    email = provider.person["email"]
    ada = await register(house, email.upper())
    asked = await sign_in()
    assert asked.keys() == {"linkRequired", "linkToken", "provider", "email"}
    assert (asked["linkRequired"], asked["provider"], asked["email"]) == (True, "google", email)
    assert await ada.ok("user:identities") == []
    status, answer = await link(house, asked["linkToken"], "not her password")
    assert (status, answer["code"]) == (401, "unauthorized")
    status, answer = await link(house, asked["linkToken"])
    assert (status, answer["data"]["user"]) == (200, ada.user)
    assert (await link(house, asked["linkToken"]))[1]["code"] == "token_invalid"
    assert (await sign_in())["user"] == ada.user
    (identity,) = await ada.ok("user:identities")
    assert (identity["provider"], identity["email"]) == ("google", email)
    assert identity["linkedAt"].endswith("Z")
    await ada.close()


async def test_a_link_token_has_five_tries(
    house: House, provider: Provider, sign_in: SignIn
) -> None:
    ada = await register(house, provider.person["email"])
    token = (await sign_in())["linkToken"]
    tries = await asyncio.gather(*(link(house, token, f"guess {n}") for n in range(9)))
    codes = sorted(answer["code"] for _, answer in tries)
    assert codes == ["token_invalid"] * 4 + ["unauthorized"] * 5
    assert (await link(house, token))[1]["code"] == "token_invalid"
    token = (await sign_in())["linkToken"]
    for n in range(4):
        assert (await link(house, token, f"guess {n}"))[0] == 401
    assert (await link(house, token))[0] == 200
    await ada.close()


async def test_a_link_token_links_once(house: House, provider: Provider, sign_in: SignIn) -> None:
    ada = await register(house, provider.person["email"])
    token = (await sign_in())["linkToken"]
    answers = await asyncio.gather(*(link(house, token) for _ in range(4)))
    assert sorted(status for status, _ in answers) == [200, 401, 401, 401]
    assert len(await ada.ok("user:identities")) == 1
    for body in ({}, {"linkToken": token}, {"linkToken": 7, "password": PASSWORD}):
        status, answer = await post(house.urls[0], "/auth/oauth/link", body)
        assert (status, answer["code"]) == (400, "validation_failed")
    assert (await link(house, "made up"))[1]["code"] == "token_invalid"
    await ada.close()


async def test_a_code_of_a_callback_is_no_link_token_nor_the_reverse(
    house: House, provider: Provider, browser: Browser, sign_in: SignIn
) -> None:
    ada = await register(house, provider.person["email"])
    code = (await browser.come_back(house.urls[0])).query["code"]
    assert (await link(house, code))[1]["code"] == "token_invalid"
    token = (await sign_in())["linkToken"]
    _, answer = await post(house.urls[0], "/auth/oauth/exchange", {"code": token})
    assert answer["code"] == "token_invalid"
    await ada.close()


async def test_the_second_factor_is_asked_for_as_well(
    house: House, provider: Provider, sign_in: SignIn
) -> None:
    ada = await register(house, provider.person["email"])
    secret, recovery_codes = await with_second_factor(ada)
    await forget_last_code(house, ada)
    token = (await sign_in())["linkToken"]
    status, answer = await link(house, token)
    assert (status, answer["details"][0]["path"]) == (400, ["code"])
    status, answer = await link(house, token, code=wrong_code_of(secret))
    assert (status, answer["code"]) == (401, "unauthorized")
    assert await ada.ok("user:identities") == []
    status, answer = await link(house, token, "not her password", code=code_of(secret))
    assert (status, answer["code"]) == (401, "unauthorized")
    status, answer = await link(house, token, code=code_of(secret))
    assert (status, answer["data"]["user"]["id"]) == (200, ada.id)
    asked = await sign_in()
    assert asked.keys() == {"twoFactorRequired", "challengeToken"}
    body = {"challengeToken": asked["challengeToken"], "recoveryCode": recovery_codes[0]}
    status, answer = await post(house.urls[0], "/auth/login/2fa", body)
    assert (status, answer["data"]["user"]["id"]) == (200, ada.id)
    await ada.close()


@pytest.mark.parametrize("name", ["google", "spotify"])
async def test_an_address_that_is_not_verified_leads_to_nobodys_account(
    house: House, provider: Provider, sign_in: SignIn, name: str
) -> None:
    provider.person["email_verified"] = False
    ada = await register(house, provider.person["email"])
    user = (await sign_in(name))["user"]
    assert user["id"] != ada.id
    assert user["email"] is None
    await ada.close()


async def test_an_account_without_a_password_is_linked_with_nobody_else(
    house: House, provider: Provider, browser: Browser, sign_in: SignIn
) -> None:
    first = await sign_in()
    provider.person = somebody(email=first["user"]["email"])
    refused = await browser.come_back(house.urls[0])
    assert refused.target == f"{FRONT}?error=conflict"


async def test_an_account_is_linked_with_one_identity_of_a_provider(
    house: House, provider: Provider, sign_in: SignIn
) -> None:
    ada = await register(house, provider.person["email"])
    assert (await link(house, (await sign_in())["linkToken"]))[0] == 200
    provider.person = somebody(email=provider.person["email"])
    status, answer = await link(house, (await sign_in())["linkToken"])
    assert (status, answer["code"]) == (409, "conflict")
    assert len(await ada.ok("user:identities")) == 1
    await ada.close()


async def test_what_is_linked_can_be_unlinked_but_for_the_only_way_in(
    house: House, provider: Provider, sign_in: SignIn
) -> None:
    ada = await register(house, provider.person["email"])
    assert await ada.refused("user:unlink", {"provider": "google"}) == "not_found"
    assert await ada.refused("user:unlink", {"provider": "elsewhere"}) == "validation_failed"
    await link(house, (await sign_in())["linkToken"])
    assert await ada.refused("user:unlink", {"provider": "spotify"}) == "not_found"
    assert await ada.ok("user:unlink", {"provider": "google"}) == {}
    assert await ada.ok("user:identities") == []
    assert "linkToken" in await sign_in()
    await ada.close()
    provider.person = somebody()
    grace = await Client(house.urls[-1], await sign_in()).connect()
    assert await grace.refused("user:unlink", {"provider": "google"}) == "conflict"
    assert (await sign_in())["user"]["id"] == grace.id
    await grace.close()


async def test_of_two_ways_in_one_stays_whoever_unlinks_at_once(
    house: House, provider: Provider, sign_in: SignIn
) -> None:
    session = await sign_in("google")
    await house.execute(
        "INSERT INTO identities (id, created_at, user_id, provider, subject)"
        " VALUES ($1, CURRENT_TIMESTAMP, $2, 'spotify', $3)",
        uuid4(),
        UUID(session["user"]["id"]),
        uuid4().hex,
    )
    sockets = [await Client(house.urls[n % len(house.urls)], session).connect() for n in range(2)]
    answers = await asyncio.gather(
        sockets[0].call("user:unlink", {"provider": "google"}),
        sockets[1].call("user:unlink", {"provider": "spotify"}),
    )
    assert sorted(answer["success"] for answer in answers) == [False, True]
    assert len(await sockets[0].ok("user:identities")) == 1
    for socket in sockets:
        await socket.close()


async def test_a_guest_has_no_identities(connect: Connect) -> None:
    guest = await connect("guest", guest=True)
    assert await guest.ok("user:identities") == []
    assert await guest.refused("user:unlink", {"provider": "google"}) == "not_found"


async def test_who_has_deleted_their_account_does_not_come_back(
    house: House, provider: Provider, browser: Browser, sign_in: SignIn
) -> None:
    user = (await sign_in())["user"]
    code = (await browser.come_back(house.urls[0])).query["code"]
    statement = "UPDATE users SET deleted_at = CURRENT_TIMESTAMP WHERE id = $1"
    await house.execute(statement, UUID(user["id"]))
    _, answer = await post(house.urls[0], "/auth/oauth/exchange", {"code": code})
    assert answer["code"] == "token_invalid"
    assert (await browser.come_back(house.urls[0])).target == f"{FRONT}?error=unauthorized"
