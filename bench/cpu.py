"""CPU of the server per delivered room message and per acknowledged event: ours beside Node's.

    python -m bench.cpu [--clients 200] [--seconds 4] [--rounds 3]

Both servers run at once, are loaded in turns (interleaved rounds, medians), and are pinned to one
core while the load generator has another. CPU is what the operating system accounts to the server's
process, all threads. Ours signs people in, validates, limits, and has stored each message on disk
before it acknowledges it; the peer does none of that (see bench/peer/server.js).
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import aiohttp

from bench.wire import Wire

ROOT = Path(__file__).parent.parent
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
IN_FLIGHT = 8


@dataclass
class Target:
    """A server under load."""

    name: str
    pid: int
    url: str
    wires: list[Wire]
    channel_id: str = ""

    def cpu_s(self) -> float:
        """CPU seconds of the process so far, user and system, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def heard(self) -> int:
        return sum(wire.heard for wire in self.wires)


@contextmanager
def ours() -> Iterator[tuple[int, str]]:
    """Our server on SQLite; gives its process id and URL."""
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "DATA_DIR": folder, "PORT": "0", "RATE_LIMITS": "off"}
        env |= {"LOG_LEVEL": "info", "DATABASE_URL": "", "REDIS_URL": ""}
        process = subprocess.Popen(
            [sys.executable, "server.py"], cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        line = next(line for line in process.stderr if "url=" in line)
        yield process.pid, line.split("url=")[1].split()[0]
        process.terminate()
        process.wait()


@contextmanager
def node() -> Iterator[tuple[int, str]]:
    """The Node peer; gives its process id and URL."""
    command = [os.environ.get("NODE", "node"), str(ROOT / "bench" / "peer" / "server.js")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.pid, f"http://127.0.0.1:{process.stdout.readline().strip()}"
    process.terminate()
    process.wait()


async def fill_ours(target: Target, clients: int) -> None:
    """Guests, all in one room of their own."""
    async with aiohttp.ClientSession() as session:
        tokens = []
        for _ in range(clients):
            body = {"username": f"g-{uuid4().hex[:16]}"}
            async with session.post(f"{target.url}/auth/guest", json=body) as response:
                tokens.append((await response.json())["data"]["accessToken"])
    target.wires = [await Wire.connect(target.url, token) for token in tokens]
    made = await target.wires[0].call("room:create", {"name": "Bench", "capacity": 1000})
    target.channel_id = made["room"]["channelId"]
    for wire in target.wires:
        await wire.call("room:join", {"roomId": made["room"]["id"]})


async def fill_node(target: Target, clients: int) -> None:
    """As many clients in one room."""
    target.channel_id = "bench"
    target.wires = [await Wire.connect(target.url, "") for _ in range(clients)]
    for wire in target.wires:
        await wire.call("room:join", {"roomId": "bench"})


async def deliveries(target: Target, seconds: float) -> float:
    """µs of CPU a delivered message, with a few messages under way at any time."""

    async def say() -> int:
        body = {"channelId": target.channel_id, "content": "Do you hear what I hear?"}
        await target.wires[0].call("message", body)
        return 0

    began = target.heard()
    cpu_s, _ = await load(target, say, seconds)
    await settle(target)
    return (target.cpu_s() - cpu_s) * 1e6 / (target.heard() - began)


async def acknowledged(target: Target, seconds: float) -> float:
    """µs of CPU an acknowledged event that reaches nobody else."""

    async def measure() -> int:
        await target.wires[1].call("clock:sync", {"clientTime": 1.0})
        return 1

    cpu_s, events = await load(target, measure, seconds)
    return (target.cpu_s() - cpu_s) * 1e6 / events


async def load(
    target: Target, act: Callable[[], Awaitable[int]], seconds: float
) -> tuple[float, int]:
    """Keep `act` going; gives the CPU used before, and what the acts counted."""
    deadline = time.monotonic() + seconds

    async def one() -> int:
        count = 0
        while time.monotonic() < deadline:
            count += await act()
        return count

    cpu_s = target.cpu_s()
    return cpu_s, sum(await asyncio.gather(*(one() for _ in range(IN_FLIGHT))))


async def settle(target: Target) -> None:
    """Wait until everything sent has arrived."""
    heard = -1
    while heard != target.heard():
        heard = target.heard()
        await asyncio.sleep(0.2)


async def compare(arguments: argparse.Namespace, targets: list[Target]) -> None:
    await fill_ours(targets[0], arguments.clients)
    await fill_node(targets[1], arguments.clients)
    print(f"One room of {arguments.clients}, {IN_FLIGHT} under way, {arguments.rounds} rounds:\n")
    print(f"{'CPU µs of the server':36}{'ours':>10}{'Node':>10}{'ratio':>8}")
    rows = (("a delivered message", deliveries), ("an acknowledged event", acknowledged))
    for title, measure in rows:
        found: list[list[float]] = [[], []]
        for _ in range(arguments.rounds):
            for figures, target in zip(found, targets, strict=True):
                figures.append(await measure(target, arguments.seconds))
        mine, theirs = map(statistics.median, found)
        print(f"{title:36}{mine:10.1f}{theirs:10.1f}{mine / theirs:8.2f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with ours() as (our_pid, our_url), node() as (node_pid, node_url):
        if (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(0, {0})
            for pid in (our_pid, node_pid):
                for thread in Path(f"/proc/{pid}/task").iterdir():
                    os.sched_setaffinity(int(thread.name), {1})
        targets = [Target("ours", our_pid, our_url, []), Target("node", node_pid, node_url, [])]
        asyncio.run(compare(arguments, targets))


if __name__ == "__main__":
    main()
