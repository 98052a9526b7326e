"""Resumable uploads and servers that die: nothing acknowledged is lost, and there is one track."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from models.audio import AudioWorkers
from models.errors import NotFound
from models.media import MediaStore
from models.resumable import ResumableUpload
from models.track import Track
from models.upload import publish_track
from models.user import User
from tests.audio.test_worker import until
from tests.client import Client
from tests.conftest import house_env, sign_up
from tests.databases import opened
from tests.servers import House
from tests.test_tus_resume import has_begun, upload_file
from tests.test_upload import files_in
from tests.tus_client import Tus, recording, seconds

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def own_house(tmp_path: Path) -> Iterator[House]:
    """A house that may be killed."""
    house = House("own", house_env(tmp_path / "data"))
    house.start()
    yield house
    house.stop()


async def signed_up(house: House) -> Client:
    return Client(house.urls[-1], await sign_up(house.urls[-1]))


async def test_what_was_acknowledged_outlives_a_kill(own_house: House, tmp_path: Path) -> None:
    data = recording(tmp_path / "song.wav", 8)
    ada = await signed_up(own_house)
    async with Tus(ada) as tus:
        path = await tus.begin(len(data), filename="song.wav")
        assert (await tus.add(path, 0, data[: 2**20])).status == 204
        sending = asyncio.create_task(tus.add(path, 2**20, halting(data[2**20 : 5 * 2**20])))
        await until(lambda: upload_file(own_house, path).stat().st_size >= 3 * 2**20)
        own_house.processes[0].kill()
        await asyncio.wait([sending])
        assert sending.exception()
    own_house.start()
    async with Tus(ada, own_house.urls[0]) as tus:
        offset = await tus.offset(path)
        assert 3 * 2**20 <= offset <= 5 * 2**20
        assert (await tus.add(path, offset, data[offset:])).status == 204
        state = await settled(tus, path)
        assert state["track"]["duration"] == pytest.approx(seconds(data), abs=0.1)


async def halting(data: bytes) -> AsyncIterator[bytes]:
    """These bytes, and then nothing for ever."""
    yield data
    await asyncio.Event().wait()


async def settled(tus: Tus, path: str) -> dict[str, Any]:
    """What has become of it in the end."""
    async with asyncio.timeout(60):
        while (state := await tus.state(path))["state"] == "processing":
            await asyncio.sleep(0.1)
    return state


async def test_of_an_upload_whose_server_dies_over_it_there_is_one_track(
    own_house: House, tmp_path: Path
) -> None:
    data = recording(tmp_path / "song.wav", 40)
    ada = await signed_up(own_house)
    async with Tus(ada) as tus:
        path = await tus.begin(len(data), filename="song.wav")
        await tus.add(path, 0, data)
        assert (await tus.state(path))["state"] == "processing"
        refused = [await tus.ask("DELETE", path), await tus.add(path, len(data), b"")]
        assert [response.status for response in refused] == [409, 409]
        assert await tus.offset(path) == len(data)
        own_house.processes[0].kill()
    own_house.start()
    async with Tus(ada, own_house.urls[0]) as tus:
        state = await settled(tus, path)
    assert state["state"] == "done"
    rows = await own_house.fetch("SELECT id FROM tracks")
    assert [str(row["id"]) for row in rows] == [state["track"]["id"]]
    assert not upload_file(own_house, path).exists()
    assert all(state["track"]["id"] in file for file in files_in(own_house))


async def test_a_server_that_stops_keeps_what_came_and_does_not_wait_for_more(
    own_house: House,
) -> None:
    ada = await signed_up(own_house)
    sent = bytes(3 * 2**20 + 7)
    async with Tus(ada) as tus:
        path = await tus.begin(4 * 2**20)
        sending = asyncio.create_task(tus.add(path, 0, halting(sent)))
        await until(lambda: has_begun(upload_file(own_house, path)))
        assert await asyncio.to_thread(own_house.processes[0].stop) == 0
        await asyncio.wait([sending])
        assert sending.exception() or sending.result().status == 423
    assert upload_file(own_house, path).stat().st_size >= 2**20


async def test_what_has_expired_is_swept_with_its_file(own_house: House) -> None:
    ada = await signed_up(own_house)
    async with Tus(ada) as tus:
        expired, alive, gone = [await tus.begin(10) for _ in range(3)]
        for path in (expired, alive, gone):
            await tus.add(path, 0, b"12345")
    was = "UPDATE resumable_uploads SET expires_at = created_at WHERE id = $1"
    await own_house.execute(was, expired.rpartition("/")[2])
    delete = "DELETE FROM resumable_uploads WHERE id = $1"  # with its user, say
    await own_house.execute(delete, gone.rpartition("/")[2])
    own_house.processes[0].kill()
    own_house.start()
    await until(lambda: not upload_file(own_house, gone).exists())
    await until(lambda: not upload_file(own_house, expired).exists())
    rows = await own_house.fetch("SELECT id FROM resumable_uploads")
    assert [str(row["id"]) for row in rows] == [alive.rpartition("/")[2]]
    assert upload_file(own_house, alive).read_bytes() == b"12345"


async def test_a_track_and_the_end_of_its_upload_are_written_together(tmp_path: Path) -> None:
    sound, workers = tmp_path / "song.wav", AudioWorkers()
    recording(sound, 1)
    async with opened(tmp_path), MediaStore(tmp_path) as media:
        ada = await User.sign_up("ada")
        begun = await ResumableUpload.begin(ada, NOW, size=5)
        await begun.process(NOW)
        outcomes: list[Any] = []
        for _ in range(2):  # a second process, which believes that the first is dead
            async with media.upload(10**7) as place:
                await place.adopt(sound)
                ending = publish_track(
                    place, workers, ada, {}, lambda track_id: begun.finish(track_id, NOW)
                )
                outcomes += await asyncio.gather(ending, return_exceptions=True)
        [track] = await Track.all()
        assert outcomes[0] == track
        assert isinstance(outcomes[1], NotFound)
        assert (await ResumableUpload.get(id=begun.id)).track_id == track.id
        assert [path.name for path in (media.folder / "tracks").iterdir()] == [str(track.id)]
    await workers.close()
