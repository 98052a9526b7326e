"""A file that breaks its reader breaks nothing else, and no reader outlives the server."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame

from models.audio import AudioLimits, AudioWorkers, NotAudio, TooLong, WorkerCrashed
from models.audio.process import process_track
from models.errors import Unavailable
from tests.audio.files import write_silent_flac, write_sound

Found = TypeVar("Found")


@pytest.fixture
async def workers() -> AsyncIterator[AudioWorkers]:
    """Two worker processes, ended with the test."""
    pair = AudioWorkers(2)
    yield pair
    await pair.close()
    assert readers_of(os.getpid()) == []


@pytest.fixture(scope="session")
def endless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that takes long enough to process to do something meanwhile."""
    return write_silent_flac(tmp_path_factory.mktemp("endless") / "endless.flac", hours=5)


def readers_of(server: int, file: Path | None = None) -> list[int]:
    """The worker processes of a server process; those that have `file` open, if it is given."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) != server or state == "Z":
                continue
            opened = {link.readlink() for link in (stat.parent / "fd").iterdir()}
            command = (stat.parent / "cmdline").read_bytes()
            if b"models.audio" in command and (file is None or file in opened):
                found.append(int(stat.parent.name))
    return found


async def until(find: Callable[[], Found], deadline_s: float = 30) -> Found:
    """Wait for something to be found."""
    end = time.monotonic() + deadline_s
    while not (found := find()):
        assert time.monotonic() < end, "it did not come to pass"
        await asyncio.sleep(0.02)
    return found


def is_alive(process: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def test_a_worker_finds_what_the_function_finds(
    workers: AudioWorkers, tmp_path: Path
) -> None:
    source = write_sound(tmp_path / "sound.flac", metadata={"title": "Ночь"})
    recording = await workers.process(source, tmp_path / "a")
    assert recording == process_track(source, tmp_path / "b")
    assert (tmp_path / "a" / recording.audio_name).stat().st_size > 1000


async def test_a_refusal_comes_back_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no sound at all")
    sound = write_sound(tmp_path / "sound.mp3")
    workers = AudioWorkers(limits=AudioLimits(max_duration_s=1))
    with pytest.raises(NotAudio) as refusal:
        await workers.process(tmp_path / "text", tmp_path / "a")
    assert refusal.value.code == "unsupported_media_type"
    assert type(refusal.value) is NotAudio
    with pytest.raises(TooLong):
        await workers.process(sound, tmp_path / "b")


async def test_a_fault_that_is_not_the_files_is_no_refusal(
    workers: AudioWorkers, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="No such file"):
        await workers.process(tmp_path / "missing", tmp_path / "a")


@pytest.mark.parametrize("blow", [signal.SIGSEGV, signal.SIGKILL])
async def test_a_crash_is_of_its_own_file_alone(
    blow: signal.Signals, workers: AudioWorkers, endless: Path, tmp_path: Path
) -> None:
    doomed = asyncio.create_task(workers.process(endless, tmp_path / "a"))
    [reader] = await until(lambda: readers_of(os.getpid(), endless))
    source = write_sound(tmp_path / "sound.flac")
    beside = asyncio.create_task(workers.process(source, tmp_path / "b"))
    os.kill(reader, blow)
    with pytest.raises(WorkerCrashed):
        await doomed
    assert (await beside).duration_s == 2
    assert (await workers.process(source, tmp_path / "c")).duration_s == 2


async def test_a_file_that_takes_too_long_is_given_up(endless: Path, tmp_path: Path) -> None:
    workers = AudioWorkers(time_limit_s=1.5)
    with pytest.raises(WorkerCrashed):
        await workers.process(endless, tmp_path / "a")
    assert readers_of(os.getpid()) == []


async def test_a_file_that_takes_too_much_memory_is_given_up(tmp_path: Path) -> None:
    source = write_sound(tmp_path / "sound.flac")
    assert (await AudioWorkers(memory_mb=500).process(source, tmp_path / "a")).duration_s == 2
    with pytest.raises(NotAudio):
        await AudioWorkers(memory_mb=500).process(obese(tmp_path / "obese"), tmp_path / "b")


def obese(path: Path) -> Path:
    """Sound that is one single packet: all of it is in memory at once, whoever reads it."""
    samples = 20_000_000
    with av.open(str(path), "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=48_000)
        stream.layout = "stereo"
        frame = AudioFrame.from_ndarray(np.zeros((1, 2 * samples), np.int16), "s16", "stereo")
        frame.sample_rate, frame.pts = 48_000, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


async def test_a_worker_is_nice_knows_no_secret_and_does_not_hear_ctrl_c(
    workers: AudioWorkers, endless: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JWT_ACCESS_SECRET", "very-secret")
    task = asyncio.create_task(workers.process(endless, tmp_path / "a"))
    [reader] = await until(lambda: readers_of(os.getpid(), endless))
    assert os.getpriority(os.PRIO_PROCESS, reader) >= 10
    assert b"very-secret" not in Path(f"/proc/{reader}/environ").read_bytes()
    assert os.getpgid(reader) != os.getpgid(0)
    assert int(field_of(reader, "SigIgn"), 16) & 1 << signal.SIGINT - 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def field_of(process: int, name: str) -> str:
    status = Path(f"/proc/{process}/status").read_text()
    return next(line.split()[1] for line in status.splitlines() if line.startswith(name))


async def test_giving_up_an_upload_ends_its_worker(
    workers: AudioWorkers, endless: Path, tmp_path: Path
) -> None:
    task = asyncio.create_task(workers.process(endless, tmp_path / "a"))
    await until(lambda: readers_of(os.getpid(), endless))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert readers_of(os.getpid()) == []


@pytest.mark.parametrize("ticks", range(5))
async def test_giving_up_while_the_worker_starts_ends_it_too(
    ticks: int, workers: AudioWorkers, endless: Path, tmp_path: Path
) -> None:
    task = asyncio.create_task(workers.process(endless, tmp_path / "a"))
    for _ in range(ticks):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert readers_of(os.getpid()) == []


async def test_closing_ends_what_runs_and_what_waits(endless: Path, tmp_path: Path) -> None:
    workers = AudioWorkers(1)
    tasks = [asyncio.create_task(workers.process(endless, tmp_path / name)) for name in "ab"]
    await until(lambda: readers_of(os.getpid(), endless))
    await workers.close()
    assert readers_of(os.getpid()) == []
    failures = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(failure) for failure in failures] == [Unavailable, Unavailable]
    with pytest.raises(Unavailable):
        await workers.process(endless, tmp_path / "c")


async def test_only_so_many_files_wait(endless: Path, tmp_path: Path) -> None:
    workers = AudioWorkers(1, max_waiting=1)
    tasks = [asyncio.create_task(workers.process(endless, tmp_path / name)) for name in "ab"]
    await until(lambda: readers_of(os.getpid(), endless))
    with pytest.raises(Unavailable):
        await workers.process(endless, tmp_path / "c")
    await workers.close()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_no_worker_outlives_a_server_that_was_killed(endless: Path, tmp_path: Path) -> None:
    script = (
        "import asyncio, sys; from pathlib import Path; from models.audio import AudioWorkers;"
        "asyncio.run(AudioWorkers().process(Path(sys.argv[1]), Path(sys.argv[2])))"
    )
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, str(endless), str(tmp_path / "a"), stdout=PIPE
    )
    [reader] = await until(lambda: readers_of(server.pid, endless))
    server.kill()
    await server.wait()
    await until(lambda: not is_alive(reader))
