"""Requests and connections that reach the wrong worker are passed on to the right one."""

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import engineio
import pytest
from aiohttp import web

from realtime.neighbours import MOST_BYTES, PEER, Neighbours

PATIENCE_S = 8
UNKNOWN = {"code": 1, "message": "Session ID unknown"}


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the workers' sockets are; their paths must be short."""
    return tmp_path_factory.mktemp("w")


@dataclass
class Worker:
    """One of two neighbours, with a web server of its own."""

    neighbours: Neighbours
    url: str


@asynccontextmanager
async def worker(folder: Path, number: int, handler: Any) -> AsyncIterator[Worker]:
    """The worker of that number; `handler` answers what is its own."""
    neighbours = Neighbours(folder, number, 2)
    app = web.Application(middlewares=[neighbours.middleware])
    app.router.add_route("*", "/socket.io/", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        async with neighbours.reachable(runner):
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            addresses = [address for address in runner.addresses if isinstance(address, tuple)]
            yield Worker(neighbours, f"http://127.0.0.1:{addresses[0][1]}/socket.io/")
    finally:
        await runner.cleanup()


@asynccontextmanager
async def asking(
    folder: Path, own: Any, others: Any
) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    """A client, and the URL of worker 1, which answers by `own`; worker 2 answers by `others`."""
    async with (
        worker(folder, 1, own) as here,
        worker(folder, 2, others),
        aiohttp.ClientSession() as session,
    ):
        yield session, here.url


async def echo(request: web.Request) -> web.Response:
    """All that the owner sees of a request."""
    seen = {
        "method": request.method,
        "query": request.query_string,
        "body": len(await request.read()),
        "remote": request.remote,
        "headers": dict(request.headers),
    }
    return web.json_response(seen, status=207, headers={"X-Answer": "yes"})


async def never(_request: web.Request) -> web.Response:
    raise AssertionError


@pytest.mark.parametrize(
    ("sid", "owner"),
    [
        ("2-0a1b", 2),
        ("1-0a1b", None),
        ("3-0a1b", None),
        ("0-0a1b", None),
        ("02-0a1b", None),
        ("2-", None),
        ("2-XY", None),
        ("", None),
        ("2-0a1b\n", None),
        ("\u0662-0a1b", None),
    ],
)
def test_a_session_id_names_its_owner(sid: str, owner: int | None) -> None:
    assert Neighbours(Path(), 1, 2).owner_of(sid) == owner


async def test_a_request_is_passed_on_as_it_is(folder: Path) -> None:
    async with asking(folder, never, echo) as (session, url):
        headers = {"Origin": "https://a.org", PEER: "6.6.6.6"}
        query = "sid=2-ab&x=%2B%26"
        async with session.post(f"{url}?{query}", data=b"4hello", headers=headers) as answer:
            seen = await answer.json()
    assert (answer.status, answer.headers["X-Answer"]) == (207, "yes")
    assert (seen["method"], seen["query"], seen["body"]) == ("POST", query, 6)
    assert seen["remote"] == "127.0.0.1"
    assert seen["headers"]["Origin"] == "https://a.org"
    assert seen["headers"]["Host"] == url.split("/")[2]


async def test_nobody_outside_may_say_whom_a_request_is_from(folder: Path) -> None:
    lie = {PEER: "6.6.6.6"}
    async with asking(folder, echo, never) as (here, url), here.get(url, headers=lie) as answer:
        assert (await answer.json())["remote"] == "127.0.0.1"


@pytest.mark.parametrize("query", ["", "?sid=1-ab", "?sid=9-ab", "?sid=rubbish"])
async def test_what_is_nobody_elses_stays(folder: Path, query: str) -> None:
    async with asking(folder, echo, never) as (session, url), session.get(url + query) as answer:
        assert answer.status == 207


async def test_a_body_that_is_too_large_is_left_to_the_owner_to_refuse(folder: Path) -> None:
    async with asking(folder, never, echo) as (session, url):
        for size, arrives in ((MOST_BYTES, MOST_BYTES), (MOST_BYTES * 20, MOST_BYTES + 1)):
            data = io.BytesIO(b"4" * size)
            async with session.post(f"{url}?sid=2-ab", data=data) as answer:
                assert (await answer.json())["body"] == arrives


async def test_the_sessions_of_a_worker_that_is_not_there_are_unknown(folder: Path) -> None:
    async with worker(folder, 1, never) as here, aiohttp.ClientSession() as session:
        async with session.get(f"{here.url}?sid=2-ab") as answer:
            assert (answer.status, await answer.json()) == (400, UNKNOWN)
        with socket.socket(socket.AF_UNIX) as left_behind:  # by a worker that was killed
            left_behind.bind(str(folder / "2.http"))
        async with session.get(f"{here.url}?sid=2-ab") as answer:
            assert (answer.status, await answer.json()) == (400, UNKNOWN)


async def test_the_poll_of_a_client_that_goes_away_ends(folder: Path) -> None:
    began, lost = asyncio.Event(), asyncio.Event()

    async def poll(request: web.Request) -> web.Response:
        began.set()
        while request.transport is not None:
            await asyncio.sleep(0.01)
        lost.set()
        return web.Response()

    async with asking(folder, never, poll) as (session, url):
        polling = asyncio.create_task(session.get(f"{url}?sid=2-ab").__aenter__())
        await began.wait()
        polling.cancel()
        async with asyncio.timeout(PATIENCE_S):
            await lost.wait()


async def test_a_worker_that_ends_waits_for_the_last_words_of_its_neighbours(folder: Path) -> None:
    began, goes_on = asyncio.Event(), asyncio.Event()

    async def poll(_request: web.Request) -> web.Response:
        began.set()
        await goes_on.wait()
        return web.Response(text="last words")

    async with (
        worker(folder, 2, poll),
        aiohttp.ClientSession() as session,
        AsyncExitStack() as here,
    ):
        url = (await here.enter_async_context(worker(folder, 1, never))).url
        polling = asyncio.create_task(session.get(f"{url}?sid=2-ab").__aenter__())
        await began.wait()
        ending = asyncio.create_task(here.aclose())
        for _ in range(100):  # turns of the loop, in which it would end
            await asyncio.sleep(0)
        assert not ending.done()
        goes_on.set()
        async with await polling as answer:
            assert await answer.text() == "last words"
        await ending


async def test_the_poll_of_an_owner_that_dies_ends(folder: Path) -> None:
    async def die(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async with asking(folder, never, die) as (here, url), here.get(f"{url}?sid=2-ab") as answer:
        assert (answer.status, await answer.json()) == (400, UNKNOWN)


def engine(number: int) -> engineio.AsyncServer:
    """An Engine.IO server that says everything twice, and whose ids begin with its number."""
    server = engineio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
    count = iter(range(1000))
    server.generate_id = lambda: f"{number}-{next(count):x}"

    async def say_twice(sid: str, data: str) -> None:
        await server.send(sid, data * 2)

    server.on("message", say_twice)
    return server


async def test_a_polling_client_may_come_to_any_worker(folder: Path) -> None:
    engines = [engine(1), engine(2)]
    async with AsyncExitStack() as stack:
        workers = [
            await stack.enter_async_context(worker(folder, number, served.handle_request))
            for number, served in enumerate(engines, 1)
        ]
        session = await stack.enter_async_context(aiohttp.ClientSession())
        for here, there in (workers, reversed(workers)):
            async with session.get(f"{here.url}?EIO=4&transport=polling") as answer:
                sid = json.loads((await answer.text())[1:])["sid"]
            url = f"{there.url}?EIO=4&transport=polling&sid={sid}"
            async with session.post(url, data="4hello") as answer:
                assert (answer.status, await answer.text()) == (200, "OK")
            async with session.get(url) as answer:
                assert (answer.status, await answer.text()) == (200, "4hellohello")
            async with session.post(url, data="4" + "hello" * 1000) as answer:
                assert answer.status == 200
            async with session.get(url) as answer:
                assert await answer.text() == "4" + "hello" * 2000
                assert answer.headers["Content-Encoding"] == "gzip"
            async with session.post(url, data="1"):
                pass
        for served in engines:
            await served.shutdown()
