"""Which pages may call: those listed and our own, and no others; HTTP and the transport alike."""

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from tests.client import post
from tests.conftest import house_env, sign_up
from tests.servers import House

LISTED = "https://app.example.org"
FRONT = "https://front.example.org"
STRANGE = "https://evil.example.net"


@pytest.fixture(scope="module")
def open_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that other pages may call, with rate limits."""
    env = house_env(tmp_path_factory.mktemp("cors"), RATE_LIMITS="on", FRONTEND_URL=f"{FRONT}/")
    house = House("sqlite", {**env, "CORS_ORIGINS": LISTED})
    house.start()
    yield house
    house.stop()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.mark.parametrize("origin", [LISTED, FRONT])
async def test_a_listed_page_may_call(
    open_house: House, http: aiohttp.ClientSession, origin: str
) -> None:
    wish = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    url = open_house.urls[0]
    async with http.options(f"{url}/auth/login", headers=wish) as response:
        assert response.status == 204
        assert response.headers["Access-Control-Allow-Origin"] == origin
        assert "Authorization" in response.headers["Access-Control-Allow-Headers"]
        assert "POST" in response.headers["Access-Control-Allow-Methods"]
        assert "Access-Control-Allow-Credentials" not in response.headers
    async with http.get(f"{url}/auth/me", headers={"Origin": origin}) as response:
        assert response.status == 401
        assert response.headers["Access-Control-Allow-Origin"] == origin
        assert "Retry-After" in response.headers["Access-Control-Expose-Headers"]
        assert response.headers["Vary"] == "Origin"


@pytest.mark.parametrize(
    "origin", [STRANGE, "null", f"{LISTED}.evil.net", "http://app.example.org"]
)
async def test_a_strange_page_may_not(
    open_house: House, http: aiohttp.ClientSession, origin: str
) -> None:
    url, wish = open_house.urls[0], {"Origin": origin, "Access-Control-Request-Method": "POST"}
    async with http.options(f"{url}/auth/login", headers=wish) as response:
        assert "Access-Control-Allow-Origin" not in response.headers
    async with http.get(f"{url}/socket.io/?EIO=4&transport=polling", headers=wish) as response:
        assert response.status == 400
        assert "Access-Control-Allow-Origin" not in response.headers
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket", headers=wish)


async def test_listed_pages_and_our_own_reach_the_transport(
    open_house: House, http: aiohttp.ClientSession
) -> None:
    url = open_house.urls[0]
    for origin in (LISTED, FRONT, url):
        headers = {"Origin": origin}
        address = f"{url}/socket.io/?EIO=4&transport="
        async with http.get(address + "polling", headers=headers) as response:
            assert response.status == 200, origin
            assert response.headers["Access-Control-Allow-Origin"] == origin
            assert "Access-Control-Allow-Credentials" not in response.headers
        async with http.ws_connect(address + "websocket", headers=headers) as socket:
            assert (await socket.receive_str()).startswith("0{")


async def test_our_own_page_reaches_a_server_that_lists_nobody(
    house: House, http: aiohttp.ClientSession
) -> None:
    url, host = house.urls[0], "rooms.example.org"
    address = f"{url}/socket.io/?EIO=4&transport=polling"
    behind_a_proxy = {"Origin": f"https://{host}", "Host": host, "X-Forwarded-Proto": "https"}
    for headers in ({"Origin": url}, behind_a_proxy):
        async with http.get(address, headers=headers) as response:
            assert response.status == 200, headers
    async with http.get(address, headers={"Origin": STRANGE}) as response:
        assert response.status == 400


async def test_too_many_requests_of_one_address_must_wait(
    open_house: House, http: aiohttp.ClientSession
) -> None:
    url, wrong = open_house.urls[0], {"username": "nobody-at-all", "password": "wrong password"}
    # Each name but a few times: who tries one over and over must wait for another reason.
    each = [wrong | {"username": f"nobody-{number % 5}"} for number in range(20)]
    assert {(await post(url, "/auth/login", body))[0] for body in each} == {401}
    async with http.post(f"{url}/auth/login", json=wrong) as response:
        answer = await response.json()
        assert (response.status, answer["code"]) == (429, "rate_limited")
        assert 0 < answer["retryAfter"] <= 60
        assert int(response.headers["Retry-After"]) >= answer["retryAfter"]
    assert (await sign_up(url))["user"]["id"]  # another request has a limit of its own
