"""Signing in with a provider: to it, back, and with a code into a session."""

import asyncio
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from tests.client import Client, get, post
from tests.conftest import sign_up
from tests.oauth.browser import Browser
from tests.oauth.conftest import FRONT, LISTED, SignIn, exchange, somebody
from tests.oauth.provider import CLIENT_ID, Provider
from tests.servers import House

SCOPES = {
    "google": "openid email profile",
    "spotify": "user-read-email user-read-currently-playing",
}


async def test_google_makes_an_account_and_signs_in(
    house: House, provider: Provider, sign_in: SignIn
) -> None:
    session = await sign_in("google")
    user = session["user"]
    assert user["username"].startswith("Ada-Lovelace")
    assert user["displayName"] == "Ada Lovelace"
    assert user["email"] == provider.person["email"]
    assert user["avatarUrl"] == provider.person["picture"]
    assert (user["provider"], user["isGuest"]) == ("google", False)
    status, answer = await get(house.urls[0], "/auth/me", session["accessToken"])
    assert (status, answer["data"]["user"]) == (200, user)
    client = await Client(house.urls[-1], session).connect()
    assert await client.ok("user:me") == user
    await client.close()
    body = {"refreshToken": session["refreshToken"]}
    assert (await post(house.urls[0], "/auth/refresh", body))[0] == 200


async def test_spotify_makes_an_account_without_an_address(
    provider: Provider, sign_in: SignIn
) -> None:
    user = (await sign_in("spotify"))["user"]
    assert user["username"].startswith("Ada-of-Spotify")
    assert (user["displayName"], user["provider"]) == ("Ada of Spotify", "spotify")
    assert user["avatarUrl"] == provider.person["images"][0]["url"]
    assert user["email"] is None


@pytest.mark.parametrize("name", ["google", "spotify"])
async def test_who_comes_again_is_the_same(provider: Provider, sign_in: SignIn, name: str) -> None:
    first = await sign_in(name)
    provider.person |= {"email": "moved@example.org", "name": "Countess", "display_name": "C"}
    second = await sign_in(name)
    assert second["user"] == first["user"]
    assert second["accessToken"] != first["accessToken"]


@pytest.mark.parametrize("name", ["google", "spotify"])
async def test_the_provider_is_asked_with_state_pkce_and_nonce(
    house: House, provider: Provider, browser: Browser, name: str
) -> None:
    begun = [await browser.begin(house.urls[0], name) for _ in range(2)]
    first, second = (page.query for page in begun)
    assert first["redirect_uri"] == f"{house.urls[0]}/auth/{name}/callback"
    assert (first["client_id"], first["response_type"]) == (CLIENT_ID, "code")
    assert first["scope"] == SCOPES[name]
    assert first["code_challenge_method"] == "S256"
    fresh = ["state", "code_challenge", *(["nonce"] if name == "google" else [])]
    for key in fresh:
        assert len(first[key]) == 43
        assert first[key] != second[key]


async def test_a_redirect_brings_the_code_to_its_page(
    house: House, provider: Provider, browser: Browser
) -> None:
    for page in (f"{LISTED}/in?code=old&from=x#top", f"{house.urls[0]}/", FRONT, f"{FRONT}/in?a=b"):
        back = await browser.come_back(house.urls[0], redirect=page)
        assert back.target.startswith(page.partition("?")[0])
        assert back.headers["Cache-Control"] == "no-store"
        assert back.headers["Referrer-Policy"] == "no-referrer"
        status, _ = await exchange(house, back.query["code"])
        assert status == 200
    parts = urlsplit((await browser.come_back(house.urls[0], redirect=f"{LISTED}/?a=b#c")).target)
    assert parts.fragment == "c"
    assert set(parse_qs(parts.query)) == {"a", "code"}


async def test_a_code_signs_in_once_also_when_it_is_brought_twice_at_once(
    house: House, provider: Provider, browser: Browser
) -> None:
    code = (await browser.come_back(house.urls[0])).query["code"]
    answers = await asyncio.gather(*(exchange(house, code, n % len(house.urls)) for n in range(6)))
    assert sorted(status for status, _ in answers) == [200, 401, 401, 401, 401, 401]
    assert {answer["code"] for status, answer in answers if status == 401} == {"token_invalid"}
    assert (await exchange(house, code))[1]["code"] == "token_invalid"


async def test_what_is_no_code_of_ours_is_refused(house: House) -> None:
    made_up = urlsafe_b64encode(b"x" * 32).decode()
    for code in (made_up, "x", "ö", "soundroom:clock:epoch"):
        status, answer = await exchange(house, code)
        assert (status, answer["code"]) == (401, "token_invalid")
    for body in ({}, {"code": 7}, {"code": "x" * 129}, {"code": "x", "more": 1}):
        status, answer = await post(house.urls[0], "/auth/oauth/exchange", body)
        assert (status, answer["code"]) == (400, "validation_failed")


async def test_a_way_may_begin_and_end_on_different_processes(
    house: House, provider: Provider, browser: Browser
) -> None:
    back = await browser.back_from(house.urls[0])
    elsewhere = back.replace(house.urls[0], house.urls[-1])
    code = (await browser.visit(elsewhere)).query["code"]
    assert (await exchange(house, code, 0))[0] == 200


async def test_two_returns_of_somebody_new_make_one_account(
    house: House, provider: Provider
) -> None:
    async def arrive(process: int) -> Any:
        async with Browser() as browser:
            page = await browser.come_back(house.urls[process % len(house.urls)])
            return (await exchange(house, page.query["code"]))[1]["data"]["user"]["id"]

    assert len(set(await asyncio.gather(*(arrive(n) for n in range(8))))) == 1
    subject = provider.person["sub"]
    rows = await house.fetch("SELECT user_id FROM identities WHERE subject = $1", subject)
    assert len(rows) == 1


async def test_a_taken_or_impossible_name_is_made_into_a_free_one(
    house: House, provider: Provider, sign_in: SignIn
) -> None:
    taken = (await sign_up(house.urls[0], "grace"))["user"]["username"]
    mark = taken.removeprefix("grace-")
    cases = {
        taken: taken[:24],
        f"W. A. Mozart {mark}": f"W-A-Mozart-{mark}"[:24],
        "x" * 30: "x" * 24,
        f"Zoë {mark}": f"Zoe-{mark}",
        "李": f"li-{mark}",
        "-_-": f"li-{mark}",
        None: f"li-{mark}",
    }
    for name, begins in cases.items():
        provider.person = somebody(email=f"li.{mark}@{uuid4().hex}.org", name=name)
        username = (await sign_in())["user"]["username"]
        assert username.startswith(begins), name
        assert username.lower() != taken
        assert 3 <= len(username) <= 32
    provider.person = somebody(email=None, name="李")
    user = (await sign_in())["user"]
    assert user["username"].startswith("listener")
    assert (user["displayName"], user["email"]) == ("李", None)


async def test_what_a_provider_says_is_kept_to_our_bounds(
    provider: Provider, sign_in: SignIn
) -> None:
    strange: dict[str, Any] = {"name": "A\x00\u202e" + "d" * 90, "picture": "javascript:alert(1)"}
    provider.person = somebody(**strange)
    user = (await sign_in())["user"]
    assert user["displayName"] == "A" + "d" * 31
    assert user["avatarUrl"] is None
    odd: dict[str, Any] = {"name": 7, "picture": {}, "email": ["x"], "email_verified": "yes"}
    provider.person = somebody(**odd)
    user = (await sign_in())["user"]
    assert user["displayName"] == user["username"]


async def test_an_address_that_is_not_verified_is_not_kept(
    provider: Provider, sign_in: SignIn
) -> None:
    provider.person["email_verified"] = False
    assert (await sign_in())["user"]["email"] is None
