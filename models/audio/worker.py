"""Processes that read strangers' files, so that a file which breaks its reader breaks only that.

One process for each file: it starts in a fraction of a second, shares nothing with the next file
or the server (not even the environment, which holds secrets), and can be ended at any moment.
"""

import asyncio
import contextlib
import json
import math
import os
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import asdict
from pathlib import Path

from models.audio.recording import AudioLimits, NotAudio, Recording, TooLong, WorkerCrashed
from models.errors import Unavailable

_ROOT = Path(__file__).resolve().parents[2]
_KEPT_ENVIRONMENT = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR")
_LONGEST_ANSWER = 2**18


class AudioWorkers:
    """At most `count` worker processes at once; the other files wait their turn.

    `time_limit_s` and `memory_mb` bound one file's process; `max_waiting` the files that wait.
    """

    def __init__(
        self,
        count: int = 1,
        *,
        limits: AudioLimits | None = None,
        time_limit_s: float = 1200,
        memory_mb: int = 2048,
        max_waiting: int = 32,
    ) -> None:
        self._limits = limits or AudioLimits()
        self._time_limit_s = time_limit_s
        self._memory_mb = memory_mb
        self._slots = asyncio.Semaphore(count)
        self._room = count + max_waiting
        self._running: set[Process] = set()
        self._closed = False

    async def process(self, source: Path, target_dir: Path) -> Recording:
        """Run `process_track` on a file.

        Raises `NotAudio` (`TooLong`, `WorkerCrashed`), `Unavailable` when too many files wait or
        the server stops, OSError when the worker failed by no fault of the file. When this returns,
        in whatever way, no process works on the file any more.
        """
        if self._room == 0:
            raise Unavailable("Too many uploads are being processed. Please try again soon.")
        self._room -= 1
        try:
            async with self._slots:
                return await self._in_a_process(source, target_dir)
        finally:
            self._room += 1

    async def _in_a_process(self, source: Path, target_dir: Path) -> Recording:
        process = await _started()
        self._running.add(process)
        try:
            if self._closed:
                raise Unavailable
            async with asyncio.timeout(self._time_limit_s):
                answer, complaint = await self._ask(process, source, target_dir)
                await process.wait()
        except TimeoutError:
            raise WorkerCrashed("This file takes too long to read.") from None
        finally:
            await _ended(process)
            self._running.discard(process)
        return self._read(process.returncode, answer, complaint)

    async def _ask(self, process: Process, source: Path, target_dir: Path) -> tuple[bytes, bytes]:
        assert process.stdin  # noqa: S101  # all three are pipes
        assert process.stdout  # noqa: S101
        assert process.stderr  # noqa: S101
        with contextlib.suppress(ConnectionError):  # it died already: its status tells
            process.stdin.write(self._request(source, target_dir))
            await process.stdin.drain()
        return await asyncio.gather(_all_of(process.stdout), _all_of(process.stderr))

    def _request(self, source: Path, target_dir: Path) -> bytes:
        request = {
            "source": str(Path.cwd() / source),
            "target_dir": str(Path.cwd() / target_dir),
            "limits": asdict(self._limits),
            "memory_mb": self._memory_mb,
            "cpu_s": math.ceil(self._time_limit_s),
        }
        return json.dumps(request).encode() + b"\n"

    def _read(self, status: int | None, answer: bytes, complaint: bytes) -> Recording:
        if self._closed:
            raise Unavailable
        if status is None or status < 0:
            raise WorkerCrashed("This file can't be read.")
        if status:
            raise OSError(f"An audio worker failed: {complaint.decode(errors='replace')[-2000:]}")
        match json.loads(answer):
            case {"recording": found}:
                return Recording(**{**found, "waveform": tuple(found["waveform"])})
            case {"too_long": message}:
                raise TooLong(message)
            case {"not_audio": message}:
                raise NotAudio(message)
        raise OSError("An audio worker gave no answer.")

    async def close(self) -> None:
        """End all workers now; what runs or waits fails with `Unavailable`."""
        self._closed = True
        await asyncio.gather(*(_ended(process) for process in self._running))


async def _started() -> Process:
    kept = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "models.audio",
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        cwd=_ROOT,
        env={**kept, "OPENBLAS_NUM_THREADS": "1"},
        start_new_session=True,  # Ctrl-C in the server's terminal is the server's alone
    )


async def _all_of(stream: asyncio.StreamReader) -> bytes:
    """All that comes until the end, of which only the first 256 KiB are kept."""
    kept = bytearray()
    while piece := await stream.read(65_536):
        kept += piece[: _LONGEST_ANSWER - len(kept)]
    return bytes(kept)


async def _ended(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    if process.stdin:
        process.stdin.close()
    await process.wait()
