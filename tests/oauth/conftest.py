"""Houses to which a provider on loopback is Google and Spotify."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.client import post
from tests.conftest import house_env
from tests.databases import database
from tests.oauth.browser import Browser
from tests.oauth.provider import Provider
from tests.servers import House, redis_server

Json = dict[str, Any]
SignIn = Callable[..., Awaitable[Json]]

FRONT = "http://front.example.org/app"
LISTED = "https://listed.example.org"


@pytest.fixture(scope="session")
def only_provider() -> Iterator[Provider]:
    provider = Provider()
    yield provider
    provider.close()


@pytest.fixture
def provider(only_provider: Provider) -> Iterator[Provider]:
    """A provider that knows somebody whom nobody else knows, and at which all is well."""
    only_provider.person = somebody()
    yield only_provider
    only_provider.begin_anew()


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def house(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    only_provider: Provider,
) -> Iterator[House]:
    """A house with a front end elsewhere; on PostgreSQL it is two processes."""
    env = house_env(tmp_path_factory.mktemp("oauth"), **only_provider.settings())
    env |= {"FRONTEND_URL": FRONT, "CORS_ORIGINS": LISTED, "LOG_LEVEL": "debug"}
    if request.param == "sqlite":
        house = House("sqlite", env)
        house.start()
        yield house
        house.stop()
        return
    # A Redis of its own: at another's, the house there would hold the leases.
    own_redis = redis_server(tmp_path_factory.mktemp("redis"))
    with database(request.getfixturevalue("postgres_url")) as url, own_redis as redis:
        house = House("postgres", {**env, "DATABASE_URL": url, "REDIS_URL": redis})
        house.start()
        house.start()
        yield house
        house.stop()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with Browser() as browser:
        yield browser


@pytest.fixture
def sign_in(house: House, browser: Browser) -> SignIn:
    """`await sign_in("google")`: what the exchange of the code answers to whom it knows now."""

    async def sign_in(provider: str = "google") -> Json:
        page = await browser.come_back(house.urls[0], provider)
        status, answer = await exchange(house, page.query["code"])
        assert status == 200, answer
        data: Json = answer["data"]
        return data

    return sign_in


def somebody(**changes: Any) -> Json:
    """Somebody as Google knows them (and as Spotify does, which calls some things otherwise)."""
    name = f"ada-{uuid4().hex[:12]}"
    return {
        "sub": uuid4().hex,
        "id": uuid4().hex,
        "email": f"{name}@example.org",
        "email_verified": True,
        "name": "Ada Lovelace",
        "display_name": "Ada of Spotify",
        "picture": "https://pictures.example.org/ada.png",
        "images": [{"url": "https://pictures.example.org/spotify.png"}],
        **changes,
    }


async def exchange(house: House, code: str, process: int = -1) -> tuple[int, Json]:
    """Status and answer of bringing a code, on the last process if there are several."""
    return await post(house.urls[process], "/auth/oauth/exchange", {"code": code})
