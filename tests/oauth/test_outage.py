"""A provider that is down, slow or out of its mind; and what of it is kept where."""

import json
from typing import Any

import pytest

from tests.oauth.browser import Browser, query_of
from tests.oauth.conftest import FRONT, SignIn, exchange
from tests.oauth.provider import (
    ACCESS,
    CLIENT_SECRET,
    REFRESH,
    Provider,
    failing,
    nothing_there,
    rubbish,
    silent,
    too_long,
)
from tests.servers import House

AWAY = f"{FRONT}?error=unavailable"
TOKENS = {"google": "/token", "spotify": "/spotify/api/token"}


@pytest.mark.parametrize("name", TOKENS)
async def test_a_provider_that_is_down_is_unavailable_until_it_is_back(
    house: House, provider: Provider, browser: Browser, name: str
) -> None:
    assert "code" in (await browser.come_back(house.urls[0], name)).query
    back = await browser.back_from(house.urls[0], name)
    provider.stop()
    try:
        assert (await browser.visit(back)).target == AWAY
    finally:
        provider.start()
    assert "code" in (await browser.come_back(house.urls[0], name)).query


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_a_provider_that_is_down_at_the_start_is_unavailable_until_it_is_back(
    house: House, provider: Provider, browser: Browser
) -> None:
    fresh = House("sqlite", {**house.env, "DATA_DIR": f"{house.data_dir}-fresh"})
    url = fresh.start().url
    for wrong in (failing, rubbish, too_long, nothing_there):
        provider.answers["/.well-known/openid-configuration"] = wrong
        page = await browser.begin(url)
        assert (page.status, page.code) == (503, "unavailable")
        assert page.body["error"] == "Google does not answer. Please try again soon."
    provider.begin_anew()
    for wrong in (failing, rubbish, too_long, nothing_there):
        provider.answers["/keys"] = wrong
        assert (await browser.come_back(url)).target == AWAY
    provider.begin_anew()
    assert "code" in (await browser.come_back(url)).query
    fresh.stop()


@pytest.mark.parametrize("wrong", [failing, rubbish, too_long, silent])
@pytest.mark.parametrize("name", TOKENS)
async def test_tokens_that_do_not_come_are_not_waited_for(
    house: House, provider: Provider, browser: Browser, name: str, wrong: Any
) -> None:
    provider.answers[TOKENS[name]] = wrong
    assert (await browser.come_back(house.urls[0], name)).target == AWAY
    provider.begin_anew()
    assert "code" in (await browser.come_back(house.urls[0], name)).query


@pytest.mark.parametrize("wrong", [failing, rubbish, too_long])
async def test_spotify_that_does_not_say_who_it_is_signs_nobody_in(
    house: House, provider: Provider, browser: Browser, wrong: Any
) -> None:
    provider.answers["/spotify-api/v1/me"] = wrong
    assert (await browser.come_back(house.urls[0], "spotify")).target == AWAY
    provider.begin_anew()
    for nobody in ({"id": ...}, {"id": ""}, {"id": 7}, {"id": "x" * 256}):
        before = provider.person
        person = {**before, **nobody}
        provider.person = {key: value for key, value in person.items() if value is not ...}
        page = await browser.come_back(house.urls[0], "spotify")
        assert page.target == f"{FRONT}?error=unauthorized"
        provider.person = before


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
async def test_a_provider_that_does_not_know_us_is_our_fault(
    house: House, provider: Provider, browser: Browser
) -> None:
    env = {**house.env, "DATA_DIR": f"{house.data_dir}-wrong", "GOOGLE_CLIENT_SECRET": "old"}
    wrong = House("sqlite", env)
    process = wrong.start()
    assert (await browser.come_back(process.url)).target == AWAY
    wrong.stop()  # then all that it logged has come
    logged = process.logged("a provider does not know us")
    assert [line["why"] for line in logged] == ["invalid_client"]


async def test_tokens_are_kept_encrypted_and_nothing_of_it_all_is_logged(
    house: House, provider: Provider, browser: Browser, sign_in: SignIn
) -> None:
    back = await browser.back_from(house.urls[0], "spotify")
    page = await browser.visit(back)
    _, answer = await exchange(house, page.query["code"])
    columns = "access_token, refresh_token, token_expires_at, email"
    user_id = answer["data"]["user"]["id"]
    rows = await house.fetch(f"SELECT {columns} FROM identities WHERE user_id = $1", user_id)
    kept = rows[0]
    assert kept["access_token"] not in {None, ACCESS}
    assert kept["refresh_token"] not in {None, REFRESH}
    assert kept["token_expires_at"] is not None
    session = await sign_in("google")
    google = (
        await house.fetch(
            f"SELECT {columns} FROM identities WHERE user_id = $1", session["user"]["id"]
        )
    )[0]
    assert (google["access_token"], google["refresh_token"]) == (None, None)
    log = json.dumps([line for process in house.processes for line in process.lines])
    assert "/auth/{provider}/callback" in log.replace("{provider:google|spotify}", "{provider}")
    said = [ACCESS, REFRESH, CLIENT_SECRET, *query_of(back).values()]
    said += [page.query["code"], session["accessToken"], provider.person["email"]]
    assert [secret for secret in said if secret in log] == []


async def test_no_database_file_holds_a_token_of_a_provider(
    house: House, provider: Provider, sign_in: SignIn
) -> None:
    await sign_in("spotify")
    files = [path for path in house.data_dir.rglob("*") if path.is_file()]
    for path in files:
        content = path.read_bytes()
        for secret in (ACCESS, REFRESH):
            assert secret.encode() not in content, path
