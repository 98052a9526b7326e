"""The two servers under test, each with a database of its own on one PostgreSQL."""

import http.client
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.accounting import Cores, children, cpu_s, rss_bytes
from tests.databases import empty_database
from tests.servers import BARE, ROOT, START_S

NODE = os.environ.get("NODE", "node")
PEER = ROOT / "bench" / "peer" / "server.js"
STOP_S = 20
# What makes each line of a log another one.
MARKS = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z| (request_id|user_id|error_id|eio)=\S+|0x[0-9a-f]+")


@dataclass(frozen=True)
class Target:
    """A server that runs."""

    name: str
    pid: int
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        return cpu_s(self.pid)

    def rss_bytes(self) -> int:
        return rss_bytes(self.pid)

    def open_files(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def collect_garbage(self) -> None:
        """So that what only waits to be collected is not counted; Python leaves none."""
        if self.name == "node":
            os.kill(self.pid, signal.SIGUSR2)

    def is_alive(self) -> bool:
        try:
            return Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2][0] not in "ZX"
        except OSError:
            return False


@dataclass(frozen=True)
class Installation:
    """A server's command, settings and database; it can be started more than once."""

    name: str
    command: tuple[str, ...]
    env: dict[str, str]
    cores: Cores
    log: Path

    @contextmanager
    def serve(self, **env: str) -> Iterator[Target]:
        """Start it on the servers' core, and wait until it is ready; in the end stop it."""
        port = free_port()
        with self.log.open("a") as log, self.cores.for_a_server():
            process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env={**self.env, **env, "PORT": str(port)},
                stdout=log,
                stderr=log,
                # Ctrl-C is ours to handle: the servers are stopped in their order.
                start_new_session=True,
            )
        try:
            self._wait_until_ready(process, port)
            yield Target(self.name, process.pid, port)
        finally:
            stop(process)

    def _wait_until_ready(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        deadline = time.monotonic() + START_S
        while not is_ready(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start: {self.log.read_text()[-2000:]}")
            time.sleep(0.05)


@dataclass
class Ground:
    """What both stand on: one PostgreSQL, a folder, the cores."""

    postgres_url: str
    folder: Path
    cores: Cores
    logs: list[Path] = field(default_factory=list)

    @contextmanager
    def both(self) -> Iterator[tuple[Installation, Installation]]:
        """Ours and Node's, newly installed."""
        with ExitStack() as stack:
            ours = stack.enter_context(self.install_ours())
            # Garbage is collected on demand only where memory is measured.
            node = stack.enter_context(self.install("node", NODE, "--expose-gc", str(PEER)))
            yield ours, node

    def install_ours(self) -> AbstractContextManager[Installation]:
        return self.install("ours", sys.executable, "server.py")

    @contextmanager
    def both_serving(self) -> Iterator[tuple[Target, Target]]:
        """Ours and Node's, newly installed and running."""
        with self.both() as (ours, node), ours.serve() as mine, node.serve() as theirs:
            yield mine, theirs

    @contextmanager
    def install(self, name: str, *command: str) -> Iterator[Installation]:
        """An installation with an empty database."""
        number = len(self.logs)
        log = self.folder / f"{name}-{number}.log"
        self.logs.append(log)
        with empty_database(self.postgres_url) as url:
            env = {**BARE, **settings(), "DATABASE_URL": url}
            env["DATA_DIR"] = str(self.folder / f"{name}-{number}")
            yield Installation(name, command, env, self.cores, log)

    def complaints(self) -> Counter[str]:
        """What the servers logged, and how often."""
        return Counter(
            f"{log.stem.partition('-')[0]}: {MARKS.sub('', line).strip()}"
            for log in self.logs
            if log.exists()
            for line in log.read_text(errors="replace").splitlines()
        )


def settings() -> dict[str, str]:
    """The same for both: as in production, but nobody's events are counted."""
    names = ("JWT_ACCESS_SECRET", "JWT_REFRESH_SECRET", "JWT_2FA_SECRET")
    return {
        "ENVIRONMENT": "production",
        "NODE_ENV": "production",
        "LOG_LEVEL": "warning",
        "RATE_LIMITS": "off",
        **{name: secrets.token_hex(32) for name in names},
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask it to end; what does not is killed, with the processes that it started."""
    started = children(process.pid)
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pid in started:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
