"""Processes that read strangers' files, so that a file which breaks its reader breaks only that.

One process for each file: it starts in a fraction of a second, shares nothing with the next file
or the server (not even the environment, which holds secrets), and can be ended at any moment.
"""

import asyncio
import contextlib
import json
import math
import os
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.audio.picture import NotPicture, PictureLimits, TooManyPixels
from models.audio.recording import AudioLimits, NotAudio, TooLong
from models.errors import SoundroomError, Unavailable

_ROOT = Path(__file__).resolve().parents[2]
_KEPT_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR")
_LONGEST_ANSWER = 2**18

Found = dict[str, Any]
Limits = AudioLimits | PictureLimits

# How a process names its refusals.
REFUSALS: dict[str, type[SoundroomError]] = {
    refusal.__name__: refusal for refusal in (NotAudio, TooLong, NotPicture, TooManyPixels)
}


class CrashedError(Exception):
    """The process died of its file."""


class TooSlowError(CrashedError):
    """The process did not finish within its time limit."""


class Workers:
    """At most `count` worker processes at once; the other files wait their turn.

    `time_limit_s` and `memory_mb` bound one file's process; `max_waiting` the files that wait.
    """

    def __init__(
        self, count: int, *, time_limit_s: float, memory_mb: int, max_waiting: int
    ) -> None:
        self._time_limit_s = time_limit_s
        self._memory_mb = memory_mb
        self._slots = asyncio.Semaphore(count)
        self._room = count + max_waiting
        # A thread waits for each process, from before its start until after its end: asyncio's own
        # subprocesses hang for ever when a cancellation meets them in their start.
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="worker")
        self._running: set[_Reader] = set()
        self._closed = False

    async def ask(self, work: str, source: Path, target_dir: Path, limits: Limits) -> Found:
        """Have a process do `work` (of `models.audio.__main__`) on a file; what it found.

        Raises the refusals of that work, `CrashedError`, `Unavailable` when too many files wait or
        the server stops, OSError when the worker failed by no fault of the file. When this
        returns, in whatever way, no process works on the file any more.
        """
        if self._room == 0:
            raise Unavailable("Too many uploads are being processed. Please try again soon.")
        self._room -= 1
        try:
            async with self._slots:
                return await self._in_a_process(self._request(work, source, target_dir, limits))
        finally:
            self._room += 1

    def _request(self, work: str, source: Path, target_dir: Path, limits: Limits) -> bytes:
        request = {
            "work": work,
            "source": str(Path.cwd() / source),
            "target_dir": str(Path.cwd() / target_dir),
            "limits": asdict(limits),
            "memory_mb": self._memory_mb,
            "cpu_s": math.ceil(self._time_limit_s),
        }
        return json.dumps(request).encode() + b"\n"

    async def _in_a_process(self, request: bytes) -> Found:
        if self._closed:
            raise Unavailable
        reader = _Reader(request)
        self._running.add(reader)
        ending = asyncio.get_running_loop().run_in_executor(self._threads, reader.run)
        try:
            async with asyncio.timeout(self._time_limit_s):
                end = await asyncio.shield(ending)
        except TimeoutError:
            raise TooSlowError from None
        finally:
            reader.kill()
            await asyncio.wait([ending])
            self._running.discard(reader)
        if self._closed:
            raise Unavailable
        return end.found()

    async def close(self) -> None:
        """End all workers now; what runs or waits fails with `Unavailable`."""
        self._closed = True
        for reader in self._running:
            reader.kill()
        await asyncio.to_thread(self._threads.shutdown)


@dataclass(frozen=True, slots=True)
class _End:
    """How a process ended: its status (negative: the signal), its answer, its traceback."""

    status: int
    answer: bytes
    complaint: str

    def found(self) -> Found:
        """What the process found. Raises what `Workers.ask` raises."""
        if self.status < 0:
            raise CrashedError
        if self.status:
            raise OSError(f"A worker failed: {self.complaint}")
        match json.loads(self.answer):
            case {"found": dict() as found}:
                return found
            case {"refused": str() as name, "message": str() as message}:
                raise REFUSALS[name](message)
        raise OSError("A worker gave no answer.")


class _Reader:
    """One process with one file: `run` in a thread, `kill` from anywhere, also before the start."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._process: subprocess.Popen[bytes] | None = None
        self._is_killed = False
        self._lock = threading.Lock()

    def run(self) -> _End:
        """Start the process and wait for its end."""
        with tempfile.TemporaryFile() as complaint:
            with self._lock:
                if self._is_killed:
                    return _End(-9, b"", "")
                self._process = _started(complaint.fileno())
            with self._process as process:
                answer = self._ask(process)
            complaint.seek(max(0, complaint.tell() - 2000))
            return _End(process.returncode, answer, complaint.read(2000).decode(errors="replace"))

    def _ask(self, process: "subprocess.Popen[bytes]") -> bytes:
        assert process.stdin  # noqa: S101  # both are pipes
        assert process.stdout  # noqa: S101
        with contextlib.suppress(BrokenPipeError):  # it died already: its status tells
            process.stdin.write(self._request)
        answer = bytearray()
        while len(answer) < _LONGEST_ANSWER and (piece := process.stdout.read(65_536)):
            answer += piece
        return bytes(answer)

    def kill(self) -> None:
        with self._lock:
            self._is_killed = True
            if self._process:
                self._process.kill()


def _started(stderr: int) -> "subprocess.Popen[bytes]":
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "models.audio"],
        bufsize=0,
        stdin=subprocess.PIPE,  # open as long as the server lives
        stdout=subprocess.PIPE,
        stderr=stderr,
        cwd=_ROOT,
        env={**kept, "OPENBLAS_NUM_THREADS": "1"},
        start_new_session=True,  # Ctrl-C in the server's terminal is the server's alone
    )
