"""One server for the whole package, which must stay calm and serve whatever it is sent."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest

from tests.client import get
from tests.conftest import house_env, sign_up
from tests.protocol.session import TRANSPORTS, Session, open_session, until_nobody_is_there
from tests.servers import House
from tests.test_fuzz import calm

IsOffline = Callable[[], Awaitable[None]]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """What is tested here lies above every database, so that one will do."""
    house = House("sqlite", house_env(tmp_path_factory.mktemp("protocol")))
    house.start()
    yield house
    house.stop()


@pytest.fixture
def url(house: House) -> str:
    """The server under test."""
    return house.urls[0]


@pytest.fixture(autouse=True)
async def nothing_is_harmed(house: House) -> AsyncIterator[None]:
    """After each test the server answers, and has logged nothing unforeseen."""
    async with calm(house):
        yield
        assert (await get(house.urls[0], "/health"))[0] == 200


@pytest.fixture
async def account(url: str) -> dict[str, Any]:
    """A new user, with tokens."""
    return await sign_up(url, "ada", guest=True)


@pytest.fixture
def token(account: dict[str, Any]) -> str:
    """That user's access token."""
    access: str = account["accessToken"]
    return access


@pytest.fixture
async def is_offline(url: str) -> IsOffline:
    """`await is_offline()`: waits until the server counts no socket."""
    return lambda: until_nobody_is_there(url)


@pytest.fixture(params=TRANSPORTS)
async def session(request: pytest.FixtureRequest, url: str) -> AsyncIterator[Session]:
    """A session over each transport in turn, which has not joined."""
    async with open_session(url, request.param) as session:
        yield session


@pytest.fixture
async def joined(session: Session, token: str) -> Session:
    """The same, joined as a user."""
    await session.join(token)
    return session
