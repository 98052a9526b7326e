"""Two servers behind HAProxy and behind nginx, by the very files that we hand out."""

import asyncio
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from tests.client import Client, get
from tests.conftest import house_env, sign_up
from tests.databases import database
from tests.servers import ROOT, House
from tests.test_polling import asks, poller
from tests.test_restart import until

FOLDERS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
CLIENTS = 8


@dataclass
class Proxied:
    """Servers, and the proxy before them."""

    proxy: str
    url: str
    house: House

    async def count(self, number: int) -> float:
        """How many sockets that server has."""
        url = f"{self.house.processes[number].url}/metrics"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            text = await answer.text()
        found = re.search(r"^soundroom_sockets (\S+)$", text, re.MULTILINE)
        assert found
        return float(found[1])

    async def counts(self) -> list[float]:
        return [await self.count(0), await self.count(1)]


def program(name: str) -> str:
    """Where it is: on Debian not on everybody's path."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    assert found, f"{name} is missing: see `make test`"
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def haproxy(text: str, port: int, folder: Path) -> list[str]:
    """The command that runs HAProxy by its file, at that port and without a certificate."""
    text, bound = re.subn(r"bind :443 .*", f"bind 127.0.0.1:{port}", text)
    assert bound == 1
    (folder / "haproxy.cfg").write_text(text)
    return [program("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")]


def nginx(text: str, port: int, folder: Path) -> list[str]:
    """The command that runs nginx by its file, at that port and without a certificate."""
    text, bound = re.subn(r"listen 443 ssl;\s+ssl_.*\s+ssl_.*", f"listen 127.0.0.1:{port};", text)
    assert bound == 1
    own = "".join(f"{name}_temp_path {folder}/{name};\n" for name in FOLDERS)
    text = text.replace("http {", f"http {{\naccess_log off;\n{own}")
    (folder / "nginx.conf").write_text(text)
    command = [
        program("nginx"),
        "-e",
        "stderr",
        "-p",
        str(folder),
        "-c",
        str(folder / "nginx.conf"),
    ]
    return [*command, "-g", f"daemon off; pid {folder}/pid; error_log stderr crit;"]


PROXIES = {"haproxy": (haproxy, "haproxy.cfg"), "nginx": (nginx, "nginx.conf")}


@contextmanager
def running(proxy: str, servers: list[str], folder: Path) -> Iterator[str]:
    """The proxy before these servers; gives its URL."""
    port = free_port()
    make_command, file = PROXIES[proxy]
    text = (ROOT / file).read_text("utf-8")
    for address, url in zip(("10.0.0.1:8080", "10.0.0.2:8080"), servers, strict=True):
        text, placed = re.subn(
            rf"^(\s+server .*){address}", rf"\g<1>{url[7:]}", text, flags=re.MULTILINE
        )
        assert placed == 1
    with subprocess.Popen(make_command(text, port, folder)) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


async def answers(url: str) -> bool:
    try:
        return (await get(url, "/health"))[0] == 200
    except aiohttp.ClientConnectionError:
        return False


@contextmanager
def two_servers(proxy: str, postgres_url: str, redis_url: str, folder: Path) -> Iterator[Proxied]:
    """Two servers behind that proxy."""
    with database(postgres_url) as url, ExitStack() as things:
        shared = {"DATABASE_URL": url, "REDIS_URL": redis_url, "TRUSTED_PROXIES": "1"}
        house = House("own", house_env(folder / "data", **shared))
        things.callback(house.stop)
        house.start()
        house.start()
        front = things.enter_context(running(proxy, house.urls, folder))
        asyncio.run(until(lambda: answers(front)))
        yield Proxied(proxy, front, house)


@pytest.fixture(scope="module", params=PROXIES)
def proxied(
    request: pytest.FixtureRequest,
    postgres_url: str,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxied]:
    """Two servers behind a proxy, for tests that break neither."""
    folder = tmp_path_factory.mktemp("proxied")
    with two_servers(request.param, postgres_url, redis_url, folder) as proxied:
        yield proxied


async def test_polls_stay_with_the_server_that_answered_the_first(proxied: Proxied) -> None:
    before = await proxied.counts()
    tokens = [(await sign_up(proxied.url))["accessToken"] for _ in range(CLIENTS)]
    async with AsyncExitStack() as stack:
        pollers = [await stack.enter_async_context(poller(proxied.url, token)) for token in tokens]
        for number in range(10):
            for client in pollers:
                assert await client.post(asks([number])) == 200
                assert (await client.answer(number))["success"]
        after = await proxied.counts()
        gained = [now - then for then, now in zip(before, after, strict=True)]
        assert sum(gained) == CLIENTS
        # All are of one address, by which nginx goes.
        assert (0 in gained) == (proxied.proxy == "nginx")


@pytest.mark.parametrize("transports", [["websocket"], ["polling", "websocket"]])
async def test_a_stock_client_gets_its_websocket(proxied: Proxied, transports: list[str]) -> None:
    ada = Client(proxied.url, await sign_up(proxied.url, "ada"))
    bob = Client(proxied.url, await sign_up(proxied.url, "bob"))
    for client in (ada, bob):
        await client.connect(transports)
    await until(lambda: are_websockets(ada, bob))
    await ada.ok("message", {"content": "Hello through the proxy!"})
    await bob.hears("message", lambda said: said["content"] == "Hello through the proxy!")
    for client in (ada, bob):
        await client.close()


async def are_websockets(*clients: Client) -> bool:
    return all(client.sio.transport() == "websocket" for client in clients)


@pytest.mark.parametrize("proxy", PROXIES)
async def test_clients_of_a_server_that_dies_find_the_other(
    proxy: str, postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    with ExitStack() as things:
        servers = two_servers(proxy, postgres_url, redis_url, tmp_path)
        proxied = await asyncio.to_thread(things.enter_context, servers)
        accounts = [await sign_up(proxied.url) for _ in range(CLIENTS)]
        clients = [await Client(proxied.url, account).connect() for account in accounts]
        counts = await proxied.counts()
        victim = counts.index(max(counts))
        await asyncio.to_thread(proxied.house.processes[victim].kill)
        await until(lambda: are_cut(clients, max(counts)))
        for client, account in zip(clients, accounts, strict=True):
            if client.disconnected.is_set():
                again = await Client(proxied.url, account).connect(["polling"])
                await again.ok("clock:sync", {"clientTime": 1})
                await again.close()
            else:
                await client.ok("clock:sync", {"clientTime": 1})
            await client.close()
        await asyncio.to_thread(things.close)


async def are_cut(clients: list[Client], count: float) -> bool:
    return sum(client.disconnected.is_set() for client in clients) == count


@pytest.mark.parametrize("proxy", PROXIES)
async def test_the_proxy_says_whom_a_request_is_from_and_keeps_figures_to_itself(
    proxy: str, tmp_path: Path, aiohttp_server: Any
) -> None:
    async def said(request: web.Request) -> web.Response:
        return web.json_response(request.headers.getall("X-Forwarded-For"))

    app = web.Application()
    for path in ("/health", "/health/ready", "/metrics"):
        app.router.add_get(path, said)
    behind = str((await aiohttp_server(app)).make_url("")).rstrip("/")
    with running(proxy, [behind, behind], tmp_path) as url:
        await until(lambda: answers(url))
        async with aiohttp.ClientSession(headers={"X-Forwarded-For": "6.6.6.6"}) as session:
            async with session.get(f"{url}/health") as answer:
                assert await answer.json() == ["127.0.0.1"]
            async with session.get(f"{url}/metrics") as answer:
                assert answer.status == 404
