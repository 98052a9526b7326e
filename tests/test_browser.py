"""The page in a real Chromium: two people hear one track at one moment."""

import asyncio
import shutil
import statistics
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from tests.conftest import house_env
from tests.hearing import differences_ms, listen_in, noise, what_was_heard
from tests.servers import House

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
]
PATIENCE_MS = 30_000


def chromium() -> str:
    """The browser on this machine; `make test` installs one where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    raise RuntimeError("There is no Chromium here: run `make browser`.")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A real Chromium without a screen."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def page_house(tmp_path: Path) -> AsyncIterator[House]:
    """A server of its own, so that its rooms are these tests' rooms."""
    house = House("page", house_env(tmp_path / "data"))
    house.start()
    yield house
    house.stop()


async def open_page(browser: Browser, url: str) -> Page:
    """A person's browser: nothing is shared with another's."""
    context = await browser.new_context(bypass_csp=True)
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    await listen_in(page)
    await page.goto(url)
    return page


async def sign_up(page: Page, name: str) -> None:
    await page.get_by_test_id("auth-switch").click()
    await page.get_by_test_id("auth-username").fill(name)
    await page.get_by_test_id("auth-password").fill("correct horse battery")
    await page.get_by_test_id("auth-submit").click()


async def test_two_pages_hear_one_track_at_one_moment(
    browser: Browser, page_house: House, tmp_path: Path
) -> None:
    recording = noise(tmp_path / "noise.wav", 30)
    ada = await open_page(browser, page_house.urls[0])
    await sign_up(ada, "ada")
    await ada.get_by_test_id("room-create-name").fill("Noise")
    await ada.get_by_test_id("room-create").click()
    await expect(ada.get_by_test_id("room-title")).to_have_text("Noise")
    bob = await open_page(browser, page_house.urls[0])
    await sign_up(bob, "bob")
    await bob.get_by_test_id("room-item").first.click()
    await expect(bob.get_by_test_id("room-title")).to_have_text("Noise")

    await ada.get_by_test_id("chat-input").fill("Do you hear it?")
    await ada.get_by_test_id("chat-send").click()
    await expect(bob.get_by_test_id("chat-message")).to_contain_text("Do you hear it?")

    await ada.get_by_test_id("upload-input").set_input_files(tmp_path / "noise.wav")
    await expect(ada.get_by_test_id("queue-item")).to_have_count(1, timeout=PATIENCE_MS)
    for page in (ada, bob):
        if await page.get_by_test_id("unlock").is_visible():
            await page.get_by_test_id("unlock").click()
    await ada.get_by_test_id("play").click()
    for page in (ada, bob):
        status = page.get_by_test_id("playback-status")
        await expect(status).to_contain_text("laying", timeout=PATIENCE_MS)
    await asyncio.sleep(10)  # what is measured is ten seconds of sound

    apart_ms = differences_ms(await what_was_heard(ada), await what_was_heard(bob), recording)
    assert len(apart_ms) >= 4, apart_ms
    assert statistics.median(apart_ms) < 30, apart_ms
