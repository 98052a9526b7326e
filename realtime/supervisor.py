"""Several workers on one port: started, started anew when they die, ended together."""

import asyncio
import os
import signal
import socket
import tempfile
from asyncio.subprocess import Process
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog
from prometheus_client.multiprocess import mark_process_dead

from config.settings import Settings
from realtime.port import reserved, url_of

FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0
END_WITHIN_S = 12.0  # more than a worker takes to drain
WRONG_SETTING = 2
NOT_STARTED = 127  # as a shell says it
SERVING = b"1"

log = structlog.get_logger(__name__)


def supervise(settings: Settings, command: Sequence[str]) -> int:
    """Run `command` as so many workers until SIGTERM or SIGINT; gives the exit code.

    `SettingsError` where the port is not to be had; of wrong settings the first worker tells.
    """
    with (
        reserved(settings.host, settings.port) as port,
        tempfile.TemporaryDirectory(prefix="soundroom-") as folder,
    ):
        metrics = Path(folder, "metrics")
        metrics.mkdir()
        told = {"PORT": str(port), "WORKERS_DIR": folder, "PROMETHEUS_MULTIPROC_DIR": str(metrics)}
        supervisor = Supervisor(command, {**os.environ, **told}, metrics)
        return asyncio.run(supervisor.run(settings.workers, url_of(settings.host, port)))


class Supervisor:
    """The parent of the workers. It serves nobody itself, and so has little that can fail."""

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], metrics: Path
    ) -> None:
        self._command = command
        self._environment = environment
        self._metrics = metrics
        self._processes: dict[int, Process] = {}
        self._have_served: dict[int, asyncio.Event] = {}
        self._stop = asyncio.Event()
        self._exit_code = 0

    async def run(self, workers: int, url: str) -> int:
        """Keep so many workers running until told to stop; gives the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._end)
        async with asyncio.TaskGroup() as keepers:
            await self._start(workers, keepers)
            if not self._stop.is_set():
                log.info("serving", url=url, workers=workers)
            await self._stop.wait()
            limit = loop.call_later(END_WITHIN_S, self._kill)
        limit.cancel()
        return self._exit_code

    async def _start(self, workers: int, keepers: asyncio.TaskGroup) -> None:
        """One first: it migrates the database, and says once what is wrong. Then the others."""
        for first, last in ((1, 1), (2, workers)):
            numbers = range(first, last + 1)
            for number in numbers:
                self._have_served[number] = asyncio.Event()
                keepers.create_task(self._keep(number), name=f"worker-{number}")
            for number in numbers:
                await self._have_served[number].wait()
            if self._stop.is_set():
                return

    async def _keep(self, number: int) -> None:
        """Run that worker, again and again, until told to stop."""
        loop = asyncio.get_running_loop()
        delay_s = 0.0
        while not self._stop.is_set():
            began_s = loop.time()
            try:
                code = await self._run(number)
            except OSError as error:  # no memory or no descriptors for one more process
                log.warning("worker not started", worker=number, error=str(error))
                code = NOT_STARTED
            if self._stop.is_set():
                break
            if code == WRONG_SETTING and not self._have_served[number].is_set():
                self._exit_code = code
                self._end()
                break
            delay_s = next_delay_s(delay_s, loop.time() - began_s)
            log.warning("worker ended", worker=number, code=code, again_in_s=delay_s)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), delay_s)
        self._have_served[number].set()

    async def _run(self, number: int) -> int:
        """Run that worker once, to its end; gives its exit code."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with ours:
            with theirs:
                process = await self._spawn(number, theirs.fileno())
            self._processes[number] = process
            log.info("worker started", worker=number, pid=process.pid)
            if self._stop.is_set():
                process.terminate()
            if await asyncio.get_running_loop().sock_recv(ours, len(SERVING)):
                self._have_served[number].set()
            code = await process.wait()
        del self._processes[number]
        mark_process_dead(process.pid, str(self._metrics))  # type: ignore[no-untyped-call]
        return code

    async def _spawn(self, number: int, line: int) -> Process:
        told = {"WORKER": str(number), "SUPERVISOR_FD": str(line)}
        environment = {**self._environment, **told}
        return await asyncio.create_subprocess_exec(
            *self._command,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=[line],
            process_group=0,  # Ctrl-C is for us; we tell them
        )

    def _end(self) -> None:
        """Have all workers drain, at the same time."""
        self._stop.set()
        self._signal(signal.SIGTERM)

    def _kill(self) -> None:
        log.warning("workers did not end in time", workers=list(self._processes))
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        for process in self._processes.values():
            with suppress(ProcessLookupError):  # it has ended a moment ago
                process.send_signal(number)


def next_delay_s(delay_s: float, lived_s: float) -> float:
    """How long to wait with the next start of a worker that has lived so long."""
    if lived_s > LONGEST_DELAY_S:
        return FIRST_DELAY_S
    return min(max(FIRST_DELAY_S, delay_s * 2), LONGEST_DELAY_S)


@contextmanager
def supervised(line_fd: int, stop: asyncio.Event) -> Iterator[Callable[[], None]]:
    """A worker's line to its supervisor; gives what tells it that we serve.

    The supervisor holds its end for as long as it lives: where it is killed, `stop` is set.
    """
    loop = asyncio.get_running_loop()
    with socket.socket(fileno=line_fd) as line:
        line.set_inheritable(False)

        def has_ended() -> None:
            loop.remove_reader(line)
            stop.set()

        def say_serving() -> None:
            with suppress(OSError):
                line.send(SERVING)

        loop.add_reader(line, has_ended)
        try:
            yield say_serving
        finally:
            loop.remove_reader(line)
