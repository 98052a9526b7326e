"""Who is signed in links a provider's account with their own, and nobody else's."""

import pytest

from tests.client import PASSWORD, Client
from tests.conftest import Connect
from tests.oauth.browser import Browser, query_of
from tests.oauth.conftest import FRONT, LISTED, SignIn, somebody
from tests.oauth.provider import Provider
from tests.servers import House

NAMES = ["google", "spotify"]


async def address_for(house: House, client: Client, provider: str = "google") -> str:
    """Where the client's browser is to go."""
    asked = {"provider": provider, "password": PASSWORD}
    path: str = (await client.ok("user:link_identity", asked))["url"]
    assert path.startswith(f"/auth/{provider}?link=")
    return house.urls[-1] + path


async def link_code(browser: Browser, address: str) -> str:
    """What the page is come back to with."""
    there = await browser.visit(address)
    back = await browser.visit(there.target)
    page = await browser.visit(back.target)
    assert set(page.query) == {"linkCode"}
    return page.query["linkCode"]


@pytest.mark.parametrize("name", NAMES)
async def test_who_is_signed_in_links_what_they_confirm(
    house: House, provider: Provider, browser: Browser, connect: Connect, sign_in: SignIn, name: str
) -> None:
    ada = await connect("ada")
    code = await link_code(browser, await address_for(house, ada, name))
    assert await ada.ok("user:identities") == []
    linked = await ada.ok("user:confirm_identity", {"code": code})
    assert (linked["provider"], linked["email"]) == (name, provider.person["email"])
    assert await ada.ok("user:identities") == [linked]
    assert await ada.refused("user:confirm_identity", {"code": code}) == "token_invalid"
    assert (await sign_in(name))["user"] == ada.user
    again = await link_code(browser, await address_for(house, ada, name))
    assert await ada.ok("user:confirm_identity", {"code": again}) == linked


async def test_nobody_is_linked_to_who_lured_them(
    house: House, provider: Provider, browser: Browser, connect: Connect
) -> None:
    mallory, ada = await connect("mallory"), await connect("ada")
    code = await link_code(browser, await address_for(house, mallory))
    assert await ada.refused("user:confirm_identity", {"code": code}) == "token_invalid"
    assert await mallory.refused("user:confirm_identity", {"code": code}) == "token_invalid"
    assert await mallory.ok("user:identities") == await ada.ok("user:identities") == []


async def test_an_address_is_gone_to_once_and_for_its_provider(
    house: House, provider: Provider, browser: Browser, connect: Connect
) -> None:
    ada = await connect("ada")
    address = await address_for(house, ada)
    assert (await browser.visit(f"{address}&redirect=https://evil.example.net")).status == 400
    there = await browser.visit(f"{address}&redirect={LISTED}/settings")
    assert (await browser.visit(address)).code == "token_invalid"
    page = await browser.visit((await browser.visit(there.target)).target)
    assert page.target.startswith(f"{LISTED}/settings?linkCode=")
    other = (await address_for(house, ada)).replace("/auth/google", "/auth/spotify")
    assert (await browser.visit(other)).code == "token_invalid"
    assert (await browser.visit(f"{house.urls[0]}/auth/google?link=x")).code == "token_invalid"


async def test_a_stolen_session_links_nothing(connect: Connect) -> None:
    ada, guest = await connect("ada"), await connect("guest", guest=True)
    asked = {"provider": "google"}
    assert await ada.refused("user:link_identity", asked) == "validation_failed"
    wrong = {**asked, "password": "not her password"}
    assert await ada.refused("user:link_identity", wrong) == "forbidden"
    assert await guest.refused("user:link_identity", asked) == "forbidden"
    assert await guest.refused("user:confirm_identity", {"code": "x"}) == "forbidden"


async def test_what_is_linked_already_is_linked_to_nobody_else(
    house: House, provider: Provider, browser: Browser, connect: Connect, sign_in: SignIn
) -> None:
    first = await Client(house.urls[0], await sign_in()).connect()
    ada = await connect("ada")
    code = await link_code(browser, await address_for(house, ada))
    assert await ada.refused("user:confirm_identity", {"code": code}) == "conflict"
    provider.person = somebody()
    own = await link_code(browser, await address_for(house, ada))
    await ada.ok("user:confirm_identity", {"code": own})
    provider.person = somebody()
    more = await link_code(browser, await address_for(house, ada))
    assert await ada.refused("user:confirm_identity", {"code": more}) == "conflict"
    asked = await first.ok("user:link_identity", {"provider": "spotify"})
    assert query_of(asked["url"]).keys() == {"link"}
    await first.close()


async def test_codes_of_signing_in_and_of_linking_do_not_stand_for_each_other(
    house: House, provider: Provider, browser: Browser, connect: Connect
) -> None:
    ada = await connect("ada")
    code = (await browser.come_back(house.urls[0])).query["code"]
    assert await ada.refused("user:confirm_identity", {"code": code}) == "token_invalid"
    assert await ada.ok("user:identities") == []
    page = await browser.come_back(house.urls[0], redirect=f"{FRONT}?linkCode={code}&error=old")
    assert set(page.query) == {"code"}
