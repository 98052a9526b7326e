"""A house with no front end, or with no providers, or behind a proxy."""

from collections.abc import Iterator

import pytest

from tests.conftest import house_env
from tests.oauth.browser import Browser
from tests.oauth.provider import Provider
from tests.servers import House

NAMES = ["google", "spotify"]


@pytest.fixture(scope="module")
def plain_house(
    tmp_path_factory: pytest.TempPathFactory, only_provider: Provider
) -> Iterator[House]:
    """A house without a front end, which any page may call, behind a proxy."""
    env = house_env(tmp_path_factory.mktemp("plain"), **only_provider.settings())
    house = House("sqlite", {**env, "CORS_ORIGINS": "*", "TRUSTED_PROXIES": "1"})
    house.start()
    yield house
    house.stop()


@pytest.mark.parametrize("name", NAMES)
async def test_without_a_page_the_callback_signs_in(
    plain_house: House, provider: Provider, browser: Browser, name: str
) -> None:
    page = await browser.come_back(plain_house.urls[0], name)
    assert page.status == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert page.body["data"]["user"]["provider"] == name
    assert set(page.body["data"]) == {"user", "accessToken", "refreshToken", "expiresIn"}


async def test_without_a_page_a_refusal_is_an_envelope(
    plain_house: House, provider: Provider, browser: Browser
) -> None:
    url = plain_house.urls[0]
    back = await browser.back_from(url)
    assert (await browser.visit(back)).status == 200
    again = await browser.visit(back)
    assert (again.status, again.code) == (401, "token_invalid")
    state = (await browser.begin(url)).query["state"]
    declined = f"{url}/auth/google/callback?error=access_denied&state={state}"
    page = await browser.visit(declined)
    assert (page.status, page.code) == (401, "unauthorized")
    assert page.body["error"] == "You did not let Google tell us who you are."


async def test_a_star_names_no_page(
    plain_house: House, provider: Provider, browser: Browser
) -> None:
    url = plain_house.urls[0]
    assert (await browser.begin(url, redirect="https://evil.example.net")).status == 400
    assert "code" in (await browser.come_back(url, redirect=f"{url}/")).query


async def test_behind_a_proxy_it_is_called_as_browsers_call_it(
    plain_house: House, provider: Provider, browser: Browser
) -> None:
    url = f"{plain_house.urls[0]}/auth/google"
    told = {"X_Forwarded_Proto": "https", "X_Forwarded_Host": "evil.example.net, rooms.example.org"}
    begun = await browser.visit(url, **told)
    assert begun.query["redirect_uri"] == "https://rooms.example.org/auth/google/callback"
    assert "; Secure" in begun.headers["Set-Cookie"]
    for wrong in ({"X_Forwarded_Proto": "gopher"}, {"X_Forwarded_Host": "a b"}):
        assert (await browser.visit(url, **wrong)).status == 400


async def test_a_public_url_is_where_providers_send_people(
    tmp_path_factory: pytest.TempPathFactory, provider: Provider, browser: Browser
) -> None:
    env = house_env(tmp_path_factory.mktemp("public"), **provider.settings(), RATE_LIMITS="on")
    house = House("sqlite", {**env, "PUBLIC_URL": "https://rooms.example.org/"})
    url = house.start().url
    told = {"X_Forwarded_Host": "evil.example.net", "Host": "evil.example.net"}
    begun = await browser.visit(f"{url}/auth/spotify", **told)
    assert begun.query["redirect_uri"] == "https://rooms.example.org/auth/spotify/callback"
    assert (await browser.begin(url, redirect="https://rooms.example.org/in")).status == 302
    assert (await browser.begin(url, redirect="http://rooms.example.org/in")).status == 400
    statuses = [(await browser.begin(url, "spotify")).status for _ in range(30)]
    assert set(statuses[:29]) == {302}
    assert statuses[29] == 429
    house.stop()


@pytest.mark.parametrize("name", NAMES)
async def test_a_provider_that_is_not_set_up_is_unavailable(
    tmp_path_factory: pytest.TempPathFactory, browser: Browser, name: str
) -> None:
    house = House("sqlite", house_env(tmp_path_factory.mktemp("bare")))
    url = house.start().url
    for path in ("", "/callback"):
        page = await browser.visit(f"{url}/auth/{name}{path}")
        assert page.status in {401, 503}
        assert page.body["success"] is False
    page = await browser.begin(url, name)
    assert (page.status, page.code) == (503, "unavailable")
    assert page.body["error"] == f"Signing in with {name.capitalize()} is not set up here."
    assert (await browser.visit(f"{url}/auth/elsewhere")).status == 404
    house.stop()
