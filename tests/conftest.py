"""Houses (SQLite alone; PostgreSQL and Redis with two processes) and people to fill them."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import uuid_utils.compat

from models.words import sort_key, words_of
from tests.client import PASSWORD, Client, post
from tests.databases import database
from tests.servers import House, postgres, redis_server

Connect = Callable[..., Awaitable[Client]]
MakeTrack = Callable[..., Awaitable[str]]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL for all tests."""
    with postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Redis for all tests."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


def house_env(data_dir: Path, **settings: str) -> dict[str, str]:
    """The environment of a server for tests; `settings` override."""
    return {"DATA_DIR": str(data_dir), "RATE_LIMITS": "off", **settings}


@pytest.fixture(scope="session")
def houses(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], House]]:
    """The two installations; each starts when a test first asks for it, and stays.

    The second has a Redis of its own: it would compete with other tests' servers for leases.
    """
    with ExitStack() as things:

        @cache
        def running(name: str) -> House:
            env, processes = house_env(tmp_path_factory.mktemp("data")), 1
            if name == "postgres":
                env["DATABASE_URL"] = things.enter_context(database(postgres_url))
                redis = redis_server(tmp_path_factory.mktemp("redis"))
                env["REDIS_URL"] = things.enter_context(redis)
                processes = 2
            house = House(name, env)
            things.callback(house.stop)
            for _ in range(processes):
                house.start()
            return house

        yield running


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def house(request: pytest.FixtureRequest, houses: Callable[[str], House]) -> House:
    """A running installation; tests share it, and so bring people and rooms of their own."""
    return houses(request.param)


@pytest.fixture
async def connect(house: House) -> AsyncIterator[Connect]:
    """`await connect("ada")`: a new user's socket; users are spread over the house's processes.

    `same=client` gives another socket of that user, on the next process.
    """
    clients: list[Client] = []
    urls = itertools.cycle(house.urls)

    async def connect(
        name: str = "someone", *, same: Client | None = None, guest: bool = False
    ) -> Client:
        url = next(urls)
        account = await sign_up(url, name, guest=guest) if same is None else again(same)
        client = Client(url, account)
        clients.append(client)
        return await client.connect()

    yield connect
    for client in clients:
        await client.close()


async def sign_up(url: str, name: str = "someone", *, guest: bool = False) -> dict[str, Any]:
    """A new account, with tokens; its name begins with `name`."""
    body = {"username": f"{name}-{uuid4().hex[:12]}"}
    if guest:
        status, answer = await post(url, "/auth/guest", body)
    else:
        status, answer = await post(url, "/auth/register", {**body, "password": PASSWORD})
    assert status in {200, 201}, answer
    account: dict[str, Any] = answer["data"]
    return account


def again(client: Client) -> dict[str, Any]:
    """The account of a client, for another socket."""
    return {
        "user": client.user,
        "accessToken": client.token,
        "refreshToken": client.refresh_token,
    }


@pytest.fixture
def make_track(house: House) -> MakeTrack:
    """`await make_track(duration=30)`: a track's id; put into the database without a recording."""

    async def make_track(
        name: str = "Song",
        duration: float = 30.0,
        *,
        genre: str | None = None,
        artist_id: str | None = None,
        uploaded_by: str | None = None,
        cover_url: str | None = None,
    ) -> str:
        track_id = uuid_utils.compat.uuid7()
        artist = None
        if artist_id:
            (row,) = await house.fetch("SELECT name FROM artists WHERE id = $1", UUID(artist_id))
            artist = row["name"]
        await house.execute(
            "INSERT INTO tracks"
            " (id, created_at, name, name_key, duration, url, mime_type, waveform,"
            " genre, artist_id, artist_key, uploaded_by_id, cover_url, words)"
            " VALUES ($1, CURRENT_TIMESTAMP, $2, $3, $4, $5, 'audio/mp4', '[]',"
            " $6, $7, $8, $9, $10, $11)",
            track_id,
            name,
            sort_key(name),
            duration,
            f"/media/tracks/{track_id}/audio.m4a",
            genre,
            artist_id and UUID(artist_id),
            f"0{sort_key(artist)}" if artist else "1",
            uploaded_by and UUID(uploaded_by),
            cover_url,
            words_of(name, artist, genre),
        )
        return str(track_id)

    return make_track
