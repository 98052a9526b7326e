"""The page in a real Chromium: an account with a second factor, a playlist, a friend to join."""

import re
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, Route, async_playwright, expect

from tests.conftest import house_env
from tests.hearing import noise
from tests.servers import House
from tests.test_browser import ARGUMENTS, PATIENCE_MS, chromium, sign_up

PASSWORD = "correct horse battery"
STEP_S = 30

# A recording is read while others use the machine too.
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Theatre:
    """A server and browsers that share nothing; `refused` is what the page's policy forbade."""

    browser: Browser
    url: str
    refused: list[str] = field(default_factory=list)

    async def seat(self, name: str) -> Page:
        """The page of somebody who has just made an account."""
        context = await self.browser.new_context(accept_downloads=True)
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        page.on("console", self.overhear)
        await page.goto(self.url)
        await sign_up(page, name)
        await expect(page.get_by_test_id("nav-friends")).to_be_visible()
        return page

    def overhear(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.refused.append(message.text)


@pytest.fixture
async def theatre(tmp_path: Path) -> AsyncIterator[Theatre]:
    house = House("people", house_env(tmp_path / "data"))
    house.start()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=ARGUMENTS)
        theatre = Theatre(browser, house.urls[0])
        yield theatre
        await browser.close()
    house.stop()
    assert theatre.refused == []


def code_of(secret: str, *, ahead: int = 0) -> str:
    """What an authenticator app shows, now or some steps later."""
    return pyotp.TOTP(secret).at(time.time() + ahead * STEP_S)


async def with_second_factor(page: Page) -> tuple[str, list[str]]:
    """Turn it on as a person does; gives the secret and the recovery codes."""
    await page.get_by_test_id("nav-settings").click()
    await page.get_by_test_id("two-factor-password").fill(PASSWORD)
    await page.get_by_test_id("two-factor-begin").click()
    picture = page.locator("img.qr")
    await expect(picture).to_be_visible()
    assert await picture.evaluate("(image) => image.decode().then(() => image.naturalWidth)") > 0
    secret = await page.get_by_test_id("two-factor-secret").inner_text()
    await page.get_by_test_id("two-factor-code").fill(code_of(secret))
    await page.get_by_test_id("two-factor-enable").click()
    codes = page.get_by_test_id("recovery-code")
    await expect(codes).to_have_count(10)
    shown = await codes.all_inner_texts()
    await page.get_by_test_id("recovery-done").click()
    await expect(page.get_by_test_id("two-factor-state")).to_have_text("On")
    return secret, shown


async def sign_in(page: Page, name: str) -> None:
    """As far as the password leads."""
    await page.get_by_test_id("auth-username").fill(name)
    await page.get_by_test_id("auth-password").fill(PASSWORD)
    await page.get_by_test_id("auth-submit").click()
    await expect(page.get_by_test_id("second-code")).to_be_visible()


async def test_a_second_factor_is_set_up_asked_for_and_replaced_by_a_recovery_code(
    theatre: Theatre,
) -> None:
    page = await theatre.seat("ada")
    secret, recovery = await with_second_factor(page)

    await page.get_by_test_id("sign-out").click()
    await sign_in(page, "ada")
    code = code_of(secret, ahead=1)
    await page.get_by_test_id("second-code").fill("000000" if code != "000000" else "111111")
    await page.get_by_test_id("second-submit").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_test_id("second-code").fill(code)
    await page.get_by_test_id("second-submit").click()
    await expect(page.get_by_test_id("nav-settings")).to_be_visible()

    await page.get_by_test_id("sign-out").click()
    await sign_in(page, "ada")
    await page.get_by_test_id("second-recovery").click()
    await page.get_by_test_id("second-code").fill(recovery[0])
    await page.get_by_test_id("second-submit").click()
    await expect(page.get_by_test_id("nav-settings")).to_be_visible()


async def upload(page: Page, *recordings: Path) -> None:
    await page.get_by_test_id("nav-library").click()
    await page.get_by_test_id("upload-input").set_input_files(list(recordings))
    await expect(page.get_by_test_id("track-item")).to_have_count(len(recordings))
    await expect(page.get_by_test_id("upload-progress")).to_have_count(0)


async def test_a_recording_goes_on_where_a_broken_connection_stopped_it(
    theatre: Theatre, tmp_path: Path
) -> None:
    noise(tmp_path / "long.wav", 100)  # two pieces of 8 MiB
    page = await theatre.seat("ada")
    asked: list[str] = []
    await page.route("**/uploads/tus/*", partial(second_piece_lost, asked))
    await page.get_by_test_id("nav-library").click()
    await page.get_by_test_id("upload-input").set_input_files(tmp_path / "long.wav")
    await expect(page.get_by_test_id("upload-progress")).to_contain_text("Waiting")

    await page.unroute_all()
    await page.reload()
    asked.clear()
    await page.route(re.compile("/uploads/tus"), partial(noted, asked))
    await page.get_by_test_id("upload-input").set_input_files(tmp_path / "long.wav")
    await expect(page.get_by_test_id("track-item")).to_contain_text("1:40")
    assert (asked.count("HEAD"), asked.count("PATCH"), asked.count("POST")) == (1, 1, 0), asked


async def noted(asked: list[str], route: Route) -> None:
    asked.append(route.request.method)
    await route.continue_()


async def second_piece_lost(asked: list[str], route: Route) -> None:
    """Let one piece of an upload through, and none after it."""
    asked.append(route.request.method)
    if asked.count("PATCH") > 1:
        await route.abort("connectionreset")
    else:
        await route.continue_()


async def make_playlist(page: Page, name: str) -> None:
    """A playlist with every track of the library."""
    rows = page.get_by_test_id("track-item")
    for index in range(await rows.count()):
        await rows.nth(index).get_by_test_id("track-menu").select_option("playlist")
        if index == 0:
            await page.get_by_test_id("new-playlist-name").fill(name)
            await page.get_by_test_id("new-playlist").click()
        else:
            await page.get_by_test_id("choose-playlist").click()
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def befriend(one: Page, other: Page) -> None:
    """`one` asks by tag, `other` sees it at once and accepts."""
    await other.get_by_test_id("nav-settings").click()
    tag = await other.get_by_test_id("own-tag").inner_text()
    await one.get_by_test_id("nav-friends").click()
    await one.get_by_test_id("friend-search").fill(tag)
    await one.get_by_test_id("friend-by-tag").click()
    await expect(other.get_by_test_id("open-requests")).to_have_text("1")
    await other.get_by_test_id("nav-friends").click()
    await other.get_by_test_id("request-accept").click()
    for page in (one, other):
        await expect(page.get_by_test_id("friend")).to_have_count(1)


async def test_a_playlist_plays_in_a_room_and_a_friend_joins_in(
    theatre: Theatre, tmp_path: Path
) -> None:
    noise(tmp_path / "first.wav", 20)
    noise(tmp_path / "second.wav", 20)
    ada, bob = await theatre.seat("ada"), await theatre.seat("bob")

    await upload(ada, tmp_path / "first.wav", tmp_path / "second.wav")
    await make_playlist(ada, "Evening")
    await befriend(ada, bob)

    await ada.get_by_test_id("nav-rooms").click()
    await ada.get_by_test_id("room-create-name").fill("Living room")
    await ada.get_by_test_id("room-create").click()
    await expect(ada.get_by_test_id("room-title")).to_have_text("Living room")
    await ada.get_by_test_id("nav-library").click()
    await ada.get_by_test_id("part-playlists").click()
    await ada.get_by_test_id("playlist-item").click()
    entries = ada.get_by_test_id("playlist-entry")
    await expect(entries).to_have_count(2)
    names = await entries.locator("strong").all_inner_texts()
    await entries.first.get_by_test_id("entry-down").click()
    await expect(entries.locator("strong")).to_have_text(names[::-1])
    await ada.get_by_test_id("playlist-queue").click()
    await ada.get_by_role("link", name=re.compile("Back to")).click()
    await expect(ada.get_by_test_id("queue-item").locator("strong")).to_have_text(names[::-1])
    await ada.get_by_test_id("play").click()

    friend = bob.get_by_test_id("friend")
    await expect(friend.get_by_test_id("friend-doing")).to_contain_text(names[1])
    await friend.get_by_test_id("join-friend").click()
    await expect(bob.get_by_test_id("room-title")).to_have_text("Living room")
    await expect(bob.get_by_test_id("playback-status")).to_contain_text("laying")
    await expect(bob.get_by_test_id("queue-item").locator("strong")).to_have_text(names[:1])
