"""Resumable uploads on bad lines: the stock client gets through, and nobody waits for the dead."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.audio.test_worker import until
from tests.client import Client
from tests.conftest import Connect
from tests.servers import House
from tests.stock import Line, line_to, node
from tests.test_fuzz import memory_mb
from tests.tus_client import PIECE, Tus, recording, seconds

SCRIPT = Path(__file__).parent / "js" / "tus.mjs"
SIZE_MB = 50
CUTS_MB = (10, 25, 45)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def upload_file(house: House, path: str) -> Path:
    return house.data_dir / "resumable" / path.rpartition("/")[2]


class BadLine:
    """A way to a server that breaks each time when so many more bytes have gone towards it."""

    def __init__(self, url: str, cuts: list[int]) -> None:
        self._to = urlsplit(url)
        self._cuts = cuts
        self._carried = 0
        self.cuts = 0
        self.line: Line | None = None

    async def reach(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(self._to.hostname, self._to.port)
        write = writer.write

        def count(data: bytes) -> None:
            self._carried += len(data)
            if self._cuts and self._carried >= self._cuts[0]:
                self._cuts.pop(0)
                self.cuts += 1
                assert self.line
                self.line.cut()
                self.line.mend()
            else:
                write(data)

        writer.write = count  # type: ignore[method-assign,assignment]
        return reader, writer


@asynccontextmanager
async def stock_client(url: str, client: Client, file: Path) -> AsyncIterator[list[dict[str, Any]]]:
    """tus-js-client at work until the end of the block; what it told so far."""
    options = {
        "endpoint": f"{url}/uploads/tus",
        "headers": {"Authorization": f"Bearer {client.token}"},
        "metadata": {"filename": file.name, "filetype": "audio/wav", "artistName": "Nobody"},
        "retryDelays": [0, 500, 1000, 3000, 5000],
    }
    process = await asyncio.create_subprocess_exec(
        node() or "node", str(SCRIPT), str(file), json.dumps(options),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    told: list[dict[str, Any]] = []
    listening = asyncio.create_task(listen(process, told))
    try:
        yield told
    except BaseException:
        process.kill()
        raise
    finally:
        await process.wait()
        await listening


async def listen(process: asyncio.subprocess.Process, told: list[dict[str, Any]]) -> None:
    assert process.stdout
    while text := await process.stdout.readline():
        told.append(json.loads(text))


async def test_the_stock_client_gets_through_a_line_that_breaks_three_times(
    connect: Connect, house: House, tmp_path: Path
) -> None:
    ada = await connect("ada")
    data = recording(tmp_path / "long_song.wav", SIZE_MB)
    bad, came = BadLine(ada.url, [mb * 2**20 for mb in CUTS_MB]), tmp_path / "came"
    process = next(each for each in house.processes if each.url == ada.url)
    before = {path.name for path in (house.data_dir / "resumable").glob("*")}
    memory = [memory_mb(process)]
    async with (
        line_to(bad.reach) as bad.line,
        stock_client(bad.line.url, ada, tmp_path / "long_song.wav") as told,
    ):
        [upload_id] = await until(lambda: new_files(house, before))
        os.link(house.data_dir / "resumable" / upload_id, came)
        while not any(line["what"] in {"success", "error"} for line in told):
            memory.append(memory_mb(process))
            await asyncio.sleep(0.02)
    assert told[-1]["what"] == "success", told[-1]
    assert bad.cuts == len(CUTS_MB)
    assert [line["method"] for line in told if line["what"] == "request"].count("HEAD") >= 3
    assert max(memory) - memory[0] < 20
    finished = await ada.hears("upload:finished", within_s=60)
    # Another name of the file in which it came, of which a track has been made meanwhile.
    assert hashlib.sha256(came.read_bytes()).digest() == hashlib.sha256(data).digest()
    assert finished["uploadId"] == upload_id
    assert finished["track"]["name"] == "long song"
    assert finished["track"]["artist"]["name"] == "Nobody"
    assert finished["track"]["duration"] == pytest.approx(seconds(data), abs=0.1)
    assert upload_id not in {path.name for path in (house.data_dir / "resumable").glob("*")}


def new_files(house: House, before: set[str]) -> set[str]:
    return {path.name for path in (house.data_dir / "resumable").glob("*")} - before


@asynccontextmanager
async def silent_piece(client: Client, path: str, size: int, sent: bytes) -> AsyncIterator[None]:
    """A request that sends a beginning, and then neither goes on nor ends."""
    to = urlsplit(client.url)
    reader, writer = await asyncio.open_connection(to.hostname, to.port)
    head = (
        f"PATCH {path} HTTP/1.1\r\nHost: {to.netloc}\r\nAuthorization: Bearer {client.token}\r\n"
        f"Tus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Type: {PIECE['Content-Type']}\r\n"
        f"Content-Length: {size}\r\n\r\n"
    )
    writer.write(head.encode() + sent)
    await writer.drain()
    yield
    assert b" 423 " in await reader.readline()
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def test_who_comes_back_need_not_wait_for_the_old_connection(
    connect: Connect, house: House
) -> None:
    ada = await connect("ada")
    sent = bytes(3 * 2**20)
    for url in {house.urls[0], house.urls[-1]}:
        async with Tus(ada, url) as tus:
            path = await tus.begin(len(sent) + 5)
            async with silent_piece(ada, path, len(sent) + 5, sent):
                await until(lambda p=path: has_begun(upload_file(house, p)))  # type: ignore[misc]
                offset = await tus.offset(path)
                assert offset >= 2**20
                assert (await tus.add(path, offset, sent[offset:])).status == 204
            assert await tus.offset(path) == len(sent)
            await tus.ask("DELETE", path)


def has_begun(file: Path) -> bool:
    return file.exists() and file.stat().st_size > 0


async def test_of_pieces_sent_at_once_one_gets_in_and_is_not_mixed_with_others(
    connect: Connect, house: House
) -> None:
    ada = await connect("ada")
    size = 4 * 2**20
    for _ in range(3):
        async with Tus(ada, house.urls[0]) as one, Tus(ada, house.urls[-1]) as other:
            path = await one.begin(size + 1)
            senders = [one, other, one, other]
            sends = [tus.add(path, 0, bytes([n]) * size) for n, tus in enumerate(senders)]
            statuses = [response.status for response in await asyncio.gather(*sends)]
            assert statuses.count(204) == 1, statuses
            assert set(statuses) <= {204, 409, 423}
            came = upload_file(house, path).read_bytes()
            assert came == bytes([statuses.index(204)]) * size
            assert (await one.ask("DELETE", path)).status == 204
