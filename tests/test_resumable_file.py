"""The files of resumable uploads: one writer at a time, and nothing acknowledged is lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import count
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from models import resumable_file
from models.errors import PayloadTooLarge, Unavailable
from models.resumable_file import Ask, Busy, Read, ResumableFiles, WrongOffset


@pytest.fixture
def files(tmp_path: Path) -> ResumableFiles:
    return ResumableFiles(tmp_path, clock())


def clock() -> Callable[[], float]:
    """A clock that goes on each time it is looked at."""
    ticks = count(1)
    return lambda: float(next(ticks))


def given(*chunks: bytes) -> Read:
    """A body of these chunks."""
    rest = iter(chunks)

    async def read() -> bytes:
        return next(rest, b"")

    return read


class Line:
    """A body that comes when the test says so; `asked` when it is waited for."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self._chunks: asyncio.Queue[bytes] = asyncio.Queue()

    async def read(self) -> bytes:
        if self._chunks.empty():
            self.asked.set()
        return await self._chunks.get()

    async def say(self, chunk: bytes) -> None:
        """Have it read, and the next one waited for."""
        self.asked.clear()
        self._chunks.put_nowait(chunk)
        await self.asked.wait()


async def fill(files: ResumableFiles, upload_id: UUID, at: int, read: Read) -> int:
    async with files.held(upload_id, at) as file:
        await file.fill(read, 100 * 2**20)
    return file.offset


@pytest.fixture
async def begun(files: ResumableFiles) -> AsyncIterator[tuple[UUID, Line, "asyncio.Task[int]"]]:
    """An upload with a request at it of which three bytes have come."""
    upload_id, line = uuid4(), Line()
    task = asyncio.create_task(fill(files, upload_id, 0, line.read))
    await line.asked.wait()
    await line.say(b"old")
    yield upload_id, line, task
    task.cancel()
    await asyncio.wait([task])


async def test_what_is_sent_in_pieces_is_one_file(files: ResumableFiles, tmp_path: Path) -> None:
    upload_id, chunks = uuid4(), [bytes([n]) * 300_000 for n in range(10)]
    assert await fill(files, upload_id, 0, given(*chunks[:5])) == 1_500_000
    assert await fill(files, upload_id, 1_500_000, given(*chunks[5:])) == 3_000_000
    assert (tmp_path / "resumable" / str(upload_id)).read_bytes() == b"".join(chunks)
    assert await files.size_of(upload_id) == 3_000_000
    assert await files.all() == {upload_id}


async def test_of_a_torn_body_is_kept_what_came(files: ResumableFiles) -> None:
    upload_id = uuid4()

    async def torn() -> bytes:
        if not sent:
            raise ConnectionResetError
        return sent.pop()

    sent = [b"567", b"1234"]
    with pytest.raises(ConnectionResetError):
        await fill(files, upload_id, 0, torn)
    assert await files.size_of(upload_id) == 7


async def test_too_many_bytes_are_not_taken(files: ResumableFiles) -> None:
    upload_id = uuid4()
    async with files.held(upload_id, 0) as file:
        with pytest.raises(PayloadTooLarge):
            await file.fill(given(b"1234", b"567"), 6)
    assert await files.size_of(upload_id) == 4


async def test_another_offset_than_that_of_the_file_is_refused(files: ResumableFiles) -> None:
    upload_id = uuid4()
    await fill(files, upload_id, 0, given(b"1234"))
    for wrong in (0, 3, 5):
        with pytest.raises(WrongOffset):
            await fill(files, upload_id, wrong, given(b"x"))
    assert await files.size_of(upload_id) == 4


async def test_who_asks_where_to_go_on_ends_the_older_request_and_loses_nothing(
    files: ResumableFiles, begun: tuple[UUID, Line, "asyncio.Task[int]"]
) -> None:
    upload_id, _, older = begun
    async with files.held(upload_id) as file:
        assert file.offset == 3
    with pytest.raises(Busy):
        await older


async def test_who_goes_on_where_nothing_was_added_takes_over(
    files: ResumableFiles, begun: tuple[UUID, Line, "asyncio.Task[int]"], tmp_path: Path
) -> None:
    upload_id, _, older = begun
    assert await fill(files, upload_id, 0, given(b"newer")) == 5
    with pytest.raises(Busy):
        await older
    assert (tmp_path / "resumable" / str(upload_id)).read_bytes() == b"newer"


async def test_what_comes_in_the_moment_of_the_take_over_is_dropped_too(
    files: ResumableFiles, begun: tuple[UUID, Line, "asyncio.Task[int]"], tmp_path: Path
) -> None:
    upload_id, line, older = begun
    line._chunks.put_nowait(bytes(2**20))
    files.let_go(Ask(upload_id, 0, since_ms=1e9))
    with pytest.raises(Busy):
        await older
    assert await files.size_of(upload_id) == 0


async def test_a_request_that_gets_on_is_not_taken_over(
    files: ResumableFiles, begun: tuple[UUID, Line, "asyncio.Task[int]"]
) -> None:
    upload_id, line, older = begun
    await line.say(bytes(2**20))  # enough to be written
    with pytest.raises(WrongOffset):
        await fill(files, upload_id, 0, given(b"newer"))
    await line.say(b"more")
    line._chunks.put_nowait(b"")
    assert await older == 3 + 2**20 + 4


async def test_what_was_asked_before_does_not_end_who_came_later(
    files: ResumableFiles, begun: tuple[UUID, Line, "asyncio.Task[int]"]
) -> None:
    upload_id, line, task = begun
    files.let_go(Ask(upload_id, None, since_ms=0.0))
    await line.say(b"and on")
    line._chunks.put_nowait(b"")
    assert await task == 9


async def test_other_processes_are_asked_and_waited_for_only_so_long(
    files: ResumableFiles,
    begun: tuple[UUID, Line, "asyncio.Task[int]"],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    upload_id, _, older = begun
    elsewhere, asked = ResumableFiles(tmp_path, clock()), list[Ask]()
    elsewhere.ask_others = asked.append
    with pytest.raises(Busy):
        async with elsewhere.held(upload_id, wait_s=0.1):
            pass
    assert [(ask.upload_id, ask.at) for ask in asked] == [(upload_id, None)]
    elsewhere.ask_others = lambda ask: files.let_go(Ask(ask.upload_id, ask.at, since_ms=1e9))
    async with elsewhere.held(upload_id) as file:
        assert file.offset == 3
    with pytest.raises(Busy):
        await older


async def test_who_is_silent_for_too_long_lets_go(
    files: ResumableFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resumable_file, "STALLED_S", 0.05)
    upload_id, line = uuid4(), Line()
    with pytest.raises(Unavailable):
        await fill(files, upload_id, 0, line.read)


async def test_a_cancelled_request_lets_go_and_keeps_what_came(
    files: ResumableFiles, begun: tuple[UUID, Line, "asyncio.Task[int]"]
) -> None:
    upload_id, _, task = begun
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with files.held(upload_id, wait_s=0) as file:
        assert file.offset == 3


async def test_a_request_cancelled_while_it_waits_for_the_file_leaves_no_lock(
    files: ResumableFiles,
) -> None:
    for ticks in range(6):
        upload_id = uuid4()
        task = asyncio.create_task(fill(files, upload_id, 0, Line().read))
        for _ in range(ticks):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        async with files.held(upload_id, wait_s=0):
            pass


async def test_a_file_that_was_removed_is_not_gone_on_with(
    files: ResumableFiles, tmp_path: Path
) -> None:
    upload_id = uuid4()
    await fill(files, upload_id, 0, given(b"1234"))

    async def wait_and_fill() -> None:
        async with files.held(upload_id) as file:
            await file.fill(given(b"anew"), 10)

    async with files.held(upload_id) as file:
        waiting = asyncio.create_task(wait_and_fill())
        await asyncio.sleep(0)
        await file.remove()
    await waiting
    assert (tmp_path / "resumable" / str(upload_id)).read_bytes() == b"anew"


async def test_who_begins_anew_while_the_removed_file_is_still_held_is_asked_to_let_go(
    files: ResumableFiles,
) -> None:
    upload_id, line = uuid4(), Line()
    async with files.held(upload_id) as removed:
        await removed.remove()
        anew = asyncio.create_task(fill(files, upload_id, 0, line.read))
        await line.asked.wait()
    files.let_go(Ask(upload_id, None, since_ms=100.0))
    with pytest.raises(Busy):
        await anew


async def test_a_removed_file_may_be_held_longer_than_what_began_anew(
    files: ResumableFiles,
) -> None:
    upload_id = uuid4()
    async with files.held(upload_id) as removed:
        await removed.remove()
        assert await fill(files, upload_id, 0, given(b"anew")) == 4
    assert await fill(files, upload_id, 4, given(b"er")) == 6
