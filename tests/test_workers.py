"""Several workers on one port: over real processes that are told to end, or killed."""

import asyncio
import os
import re
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.client import Client
from tests.conftest import house_env, sign_up
from tests.databases import database
from tests.servers import Process
from tests.test_polling import asks, poller
from tests.test_restart import until
from tests.test_start import refusal


@pytest.fixture
def shared(tmp_path: Path, postgres_url: str, redis_url: str) -> Iterator[dict[str, str]]:
    """The environment of a server with workers, and a database for it."""
    with database(postgres_url) as url, tempfile.TemporaryDirectory() as folder:
        shared = {"DATABASE_URL": url, "REDIS_URL": redis_url, "TMPDIR": folder}
        yield house_env(tmp_path, WORKERS="2", **shared)


@pytest.fixture
async def server(shared: dict[str, str]) -> AsyncIterator[Process]:
    """A running server with two workers."""
    process = await asyncio.to_thread(Process, shared)
    yield process
    await asyncio.to_thread(process.stop)
    assert not living(process)
    assert list(Path(shared["TMPDIR"]).iterdir()) == []


def pids(server: Process, number: int) -> list[int]:
    """The processes that have been that worker, oldest first."""
    return [line["pid"] for line in server.logged("worker started") if line["worker"] == number]


def living(server: Process) -> list[int]:
    """The processes of all workers that still run."""
    return [line["pid"] for line in server.logged("worker started") if is_alive(line["pid"])]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@asynccontextmanager
async def clients(server: Process, count: int) -> AsyncIterator[list[Client]]:
    """So many signed-in people with a websocket each."""
    accounts = [await sign_up(server.url, "ada") for _ in range(count)]
    connected = [await Client(server.url, account).connect() for account in accounts]
    yield connected
    for client in connected:
        await client.close()


async def figures(server: Process) -> dict[str, float]:
    """What `/metrics` says, by name and labels."""
    async with aiohttp.ClientSession() as session, session.get(f"{server.url}/metrics") as answer:
        lines = (await answer.text()).splitlines()
    pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in pairs}


async def answering(server: Process, asked: int = 24) -> None:
    """Ask over so many new connections; all must be answered."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        for _ in range(asked):
            async with session.get(f"{server.url}/health") as answer:
                assert answer.status == 200


async def test_all_workers_serve_the_one_port(server: Process) -> None:
    async with clients(server, 16) as people:
        ada, *others = people
        await ada.ok("user:update_profile", {"displayName": "Ada"})
        for other in others:
            assert (await other.ok("user:get", {"userId": ada.id}))["displayName"] == "Ada"
        await ada.ok("message", {"content": "Hello, everybody!"})
        for other in others:
            await other.hears("message", lambda said: said["content"] == "Hello, everybody!")
    assert len(server.logged("serving")) == 1
    assert {line["worker"] for line in server.logged("worker serving")} == {1, 2}


async def test_metrics_of_any_worker_are_those_of_all(server: Process) -> None:
    async with clients(server, 12) as people:
        for person in people:
            await person.ok("clock:sync", {"clientTime": 1})
            assert await person.refused("clock:sync", {"colour": "red"}) == "validation_failed"
        # A worker adds up its own at once, what others have counted within two seconds.
        await until(lambda: counts_events(server, 24))
        for _ in range(8):  # each a new connection, and so one or the other worker
            found = await figures(server)
            assert found["soundroom_sockets"] == 12
            assert found['soundroom_event_seconds_count{event="clock:sync"}'] == 24
            assert found['soundroom_event_seconds_bucket{event="clock:sync",le="+Inf"}'] == 24
            wrong = 'soundroom_event_errors_total{code="validation_failed",event="clock:sync"}'
            assert found[wrong] == 12


async def test_a_worker_that_is_killed_is_replaced_and_the_others_serve_on(
    server: Process,
) -> None:
    async with clients(server, 12) as people:
        victim = pids(server, 1)[0]
        os.kill(victim, signal.SIGKILL)
        await until(lambda: has_come_back(server, 1))
        kept = [person for person in people if not person.disconnected.is_set()]
        for person in kept:
            await person.ok("clock:sync", {"clientTime": 1})
        assert 0 < len(kept) < 12
        await answering(server)
        await until(lambda: counts_sockets(server, len(kept)))
    (ended,) = server.logged("worker ended")
    assert (ended["worker"], ended["code"]) == (1, -signal.SIGKILL)
    assert len(pids(server, 2)) == 1


async def has_come_back(server: Process, number: int) -> bool:
    serving = [line for line in server.logged("worker serving") if line["worker"] == number]
    return len(serving) == 2


async def counts_events(server: Process, count: int) -> bool:
    return (await figures(server))['soundroom_event_seconds_count{event="clock:sync"}'] == count


async def counts_sockets(server: Process, count: int) -> bool:
    return (await figures(server))["soundroom_sockets"] == count


@pytest.mark.parametrize("transports", [["polling"], ["polling", "websocket"]])
async def test_a_polling_client_finds_its_worker(server: Process, transports: list[str]) -> None:
    accounts = [await sign_up(server.url, "ada") for _ in range(8)]
    people = [await Client(server.url, account).connect(transports) for account in accounts]
    for number in range(10):
        for person in people:
            await person.ok("clock:sync", {"clientTime": number})
    for person in people:
        assert person.sio.transport() == transports[-1]
        await person.close()


async def test_a_client_polls_each_time_over_a_new_connection(server: Process) -> None:
    token = (await sign_up(server.url))["accessToken"]
    connector = aiohttp.TCPConnector(force_close=True)
    async with poller(server.url, token, connector=connector) as client:
        for number in range(20):
            assert await client.post(asks([number])) == 200
            assert (await client.answer(number))["success"]


async def test_a_session_that_no_worker_knows_is_refused_by_each(server: Process) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        for sid in ["1-ab", "2-ab", "3-ab"] * 6:
            url = f"{server.url}/socket.io/?EIO=4&transport=polling&sid={sid}"
            async with session.get(url) as answer:
                assert answer.status == 400
            async with session.post(url, data="40") as answer:
                assert answer.status == 400
    assert [line for line in server.lines if line.get("level") == "error"] == []


async def test_a_planned_stop_drains_all_workers_at_the_same_time(server: Process) -> None:
    async with clients(server, 12) as people:
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        for person in people:
            assert (await person.hears("server:draining"))["retryAfter"] > 0
        assert await stopping == 0
        for person in people:
            await person.disconnected.wait()
    assert not living(server)
    assert server.logged("workers did not end in time") == []


async def test_a_stop_while_the_workers_start_leaves_none(shared: dict[str, str]) -> None:
    server = await asyncio.to_thread(Process, shared, awaited="worker started")
    assert await asyncio.to_thread(server.stop) == 0
    assert server.logged("serving") == []
    assert not living(server)


async def test_workers_whose_supervisor_is_killed_drain_and_end(shared: dict[str, str]) -> None:
    server = await asyncio.to_thread(Process, shared)
    async with clients(server, 4) as people:
        await asyncio.to_thread(server.popen.kill)
        for person in people:
            await person.hears("server:draining")
        await until(lambda: all_have_ended(server))
    await asyncio.to_thread(server.stop)


async def all_have_ended(server: Process) -> bool:
    return not living(server)


def test_a_database_that_is_not_there_is_named_once(
    tmp_path: Path, postgres_url: str, redis_url: str
) -> None:
    with database(postgres_url) as there:
        url = re.sub(r"/test_\w+", "/nowhere", there)
    sentence = refusal(
        tmp_path, WORKERS="2", DATABASE_URL=url, REDIS_URL=redis_url, LOG_LEVEL="critical"
    )
    assert '"nowhere" does not exist' in sentence


def test_workers_need_a_database_to_share(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, WORKERS="2")
    assert sentence == "DATABASE_URL must be set where WORKERS is more than 1."


def test_a_second_server_does_not_share_the_port(shared: dict[str, str], tmp_path: Path) -> None:
    with ExitStack() as stopped:
        server = Process(shared)
        stopped.callback(server.stop)
        port = server.url.rpartition(":")[2]
        sentence = f"PORT {port} is in use by another program."
        assert refusal(tmp_path, **{**shared, "PORT": port}) == sentence
        assert refusal(tmp_path, PORT=port) == sentence
