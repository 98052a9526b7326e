"""The page in a real Chromium: signing in with Google and Spotify, played on loopback."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.client import PASSWORD, post
from tests.conftest import house_env
from tests.oauth.conftest import somebody
from tests.oauth.provider import Provider
from tests.servers import House
from tests.test_browser import ARGUMENTS, PATIENCE_MS, chromium

LOGIN_CODES = ("code=", "linkCode=", "error=")


@pytest.fixture
def provider() -> Iterator[Provider]:
    provider = Provider()
    provider.person = somebody()
    yield provider
    provider.close()


@pytest.fixture
async def page(tmp_path: Path, provider: Provider) -> AsyncIterator[Page]:
    """The sign-in page of a house to which the provider is Google and Spotify."""
    house = House("provider", house_env(tmp_path / "data", **provider.settings()))
    house.start()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        page = await browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        await page.goto(house.urls[0])
        yield page
        await browser.close()
    house.stop()


async def test_who_comes_from_google_is_in_and_links_spotify(page: Page) -> None:
    await page.get_by_test_id("auth-google").click()
    await page.get_by_test_id("nav-settings").click()
    identities = page.get_by_test_id("identity")
    await expect(identities).to_have_count(1)
    await page.get_by_test_id("link-spotify").click()
    await expect(page.get_by_test_id("nav-settings")).to_be_visible()
    await page.get_by_test_id("nav-settings").click()
    await expect(identities).to_have_count(2)
    assert not any(key in page.url for key in LOGIN_CODES), page.url


async def test_whoever_has_that_address_is_asked_for_the_password_first(
    page: Page, provider: Provider
) -> None:
    account = {"username": "ada", "email": provider.person["email"], "password": PASSWORD}
    assert (await post(page.url.rstrip("/"), "/auth/register", account))[0] == 201
    await page.get_by_test_id("auth-google").click()
    await page.get_by_test_id("link-password").fill("not the password")
    await page.get_by_test_id("link-submit").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_test_id("link-password").fill(PASSWORD)
    await page.get_by_test_id("link-submit").click()
    await page.get_by_test_id("nav-settings").click()
    await expect(page.get_by_test_id("own-tag")).to_contain_text("ada#")
    await expect(page.get_by_test_id("identity")).to_have_count(1)


async def test_a_code_of_somebody_else_signs_nobody_in(page: Page) -> None:
    await page.goto(f"{page.url}?code=a-code-that-another-has-brought-back")
    await expect(page.get_by_test_id("auth-google")).to_be_visible()
    assert "code=" not in page.url
    await expect(page.get_by_test_id("toast")).to_have_count(0)
