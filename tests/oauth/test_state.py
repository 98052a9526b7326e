"""Only who went to the provider from here comes back from it, once, and to pages of ours."""

import asyncio
from urllib.parse import urlencode

import pytest

from tests.oauth.browser import Browser, query_of
from tests.oauth.conftest import FRONT, LISTED, exchange
from tests.oauth.provider import Provider
from tests.servers import House

EVIL = "https://evil.example.net"
NO_PAGES_OF_OURS = [
    EVIL,
    f"{EVIL}/{FRONT}",
    f"{FRONT.replace('/app', '')}.evil.example.net/app",
    f"{FRONT.replace('/app', '')}@evil.example.net/",
    f"https://evil.example.net\\@{LISTED.removeprefix('https://')}/",
    f"{LISTED}\\.evil.example.net",
    f"{LISTED}:8443/",
    LISTED.replace("https", "http"),
    f"//{LISTED.removeprefix('https://')}/",
    "/app",
    "javascript:alert(1)",
    "data:text/html,x",
    f" {FRONT}",
    f"{FRONT}\n",
    f"{FRONT}/\r\nSet-Cookie: a=b",
    f"{FRONT}/{'x' * 2048}",
    f"{LISTED}:99999/",
    "https://[::1/",
    "",
]


def failure_in(target: str) -> str:
    """What the front end is told; the code would be beside it, were there one."""
    page, _, query = target.partition("?error=")
    assert page == FRONT
    assert "&" not in query
    return query


async def test_a_state_that_is_brought_again_is_refused(
    house: House, provider: Provider, browser: Browser
) -> None:
    back = await browser.back_from(house.urls[0])
    pages = await asyncio.gather(*(browser.visit(back) for _ in range(3)))
    assert sorted("code" in page.query for page in pages) == [False, False, True]
    assert failure_in((await browser.visit(back)).target) == "token_invalid"


async def test_a_state_from_another_browser_is_refused_and_used_up(
    house: House, provider: Provider, browser: Browser
) -> None:
    back = await browser.back_from(house.urls[0])
    async with Browser() as another:
        await another.begin(house.urls[0])
        assert failure_in((await another.visit(back)).target) == "unauthorized"
    assert failure_in((await browser.visit(back)).target) == "token_invalid"


async def test_who_shows_no_cookie_is_refused(
    house: House, provider: Provider, browser: Browser
) -> None:
    back = await browser.back_from(house.urls[0])
    async with Browser() as another:
        assert failure_in((await another.visit(back)).target) == "unauthorized"
        for cookie in ("soundroom_oauth=", "soundroom_oauth=x", f"soundroom_oauth={'ö' * 43}"):
            page = await another.visit(back, Cookie=cookie)
            assert failure_in(page.target) == "unauthorized"
    assert "code" in (await browser.visit(back)).query


async def test_a_state_made_up_is_refused(
    house: House, provider: Provider, browser: Browser
) -> None:
    await browser.begin(house.urls[0])
    for state in ("", "x", "x" * 43, "x" * 5000, "%00", "%C3%28"):
        page = await browser.visit(f"{house.urls[0]}/auth/google/callback?code=x&state={state}")
        assert failure_in(page.target) in {"unauthorized", "token_invalid"}
    assert failure_in((await browser.visit(f"{house.urls[0]}/auth/google/callback")).target)


async def test_a_state_is_of_one_provider(
    house: House, provider: Provider, browser: Browser
) -> None:
    back = (await browser.back_from(house.urls[0])).replace("/auth/google", "/auth/spotify")
    assert failure_in((await browser.visit(back)).target) == "unauthorized"


async def test_a_code_of_another_way_is_refused_by_its_verifier(
    house: House, provider: Provider, browser: Browser
) -> None:
    mine, stolen = [query_of(await browser.back_from(house.urls[0])) for _ in range(2)]
    mixed = urlencode({"state": mine["state"], "code": stolen["code"]})
    page = await browser.visit(f"{house.urls[0]}/auth/google/callback?{mixed}")
    assert failure_in(page.target) == "unauthorized"


async def test_two_pages_of_a_browser_both_come_back(
    house: House, provider: Provider, browser: Browser
) -> None:
    ways = [await browser.back_from(house.urls[0], name) for name in ("google", "spotify")]
    for back in ways:
        assert (await exchange(house, (await browser.visit(back)).query["code"]))[0] == 200


async def test_the_cookie_is_for_us_alone(
    house: House, provider: Provider, browser: Browser
) -> None:
    cookie = (await browser.begin(house.urls[0])).headers["Set-Cookie"]
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert parts == {"HttpOnly", "SameSite=Lax", "Path=/auth", "Max-Age=600"}


@pytest.mark.parametrize("page", NO_PAGES_OF_OURS)
async def test_nobody_is_sent_to_a_page_that_is_not_ours(
    house: House, provider: Provider, browser: Browser, page: str
) -> None:
    refused = await browser.begin(house.urls[0], redirect=page)
    assert (refused.status, refused.code) == (400, "validation_failed")
    assert refused.body["details"][0]["path"] == ["redirect"]
    assert "Set-Cookie" not in refused.headers


@pytest.mark.parametrize("name", ["google", "spotify"])
async def test_who_declines_is_sent_back_kindly(
    house: House, provider: Provider, browser: Browser, name: str
) -> None:
    begun = await browser.begin(house.urls[0], name, redirect=f"{LISTED}/in")
    callback = f"{house.urls[0]}/auth/{name}/callback?state="
    declined = f"{callback}{begun.query['state']}&error=access_denied"
    assert (await browser.visit(declined)).target == f"{LISTED}/in?error=access_denied"
    begun = await browser.begin(house.urls[0], name)
    broken = f"{callback}{begun.query['state']}&error=server_error"
    assert failure_in((await browser.visit(broken)).target) == "unavailable"
    begun = await browser.begin(house.urls[0], name)
    nothing = await browser.visit(f"{callback}{begun.query['state']}")
    assert failure_in(nothing.target) == "validation_failed"
