"""Files become public whole or not at all, whatever happens to the process in between."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from models import media
from models.disk import lock_of
from models.media import MEDIA_TYPES, MediaStore, image_url, track_url
from models.publication import Exists, Kind, TooLarge

STEPS = Path(__file__).with_name("killed_at_every_step.py")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[MediaStore]:
    async with MediaStore(tmp_path) as store:
        yield store


async def nothing(_: set[UUID]) -> set[UUID]:
    """A database without tracks."""
    return set()


async def everything(ids: set[UUID]) -> set[UUID]:
    """A database that has them all."""
    return ids


async def no_answer(_: set[UUID]) -> set[UUID]:
    raise ConnectionError("The database is away.")


def both(database: Exists) -> dict[Kind, Exists]:
    """A database that says the same of tracks and images."""
    return dict.fromkeys(Kind, database)


def left_in(folder: Path) -> set[str]:
    """All files below `tmp` but the two kinds of lock."""
    files = (path for path in (folder / "tmp").rglob("*") if path.is_file())
    return {path.name for path in files} - {"lock", "sweep.lock"}


async def publish(store: MediaStore, track_id: UUID) -> None:
    async with store.upload(max_bytes=100) as upload:
        await upload.write(b"sound")
        (upload.target / "audio.m4a").write_bytes((await upload.finish()).read_bytes())
        async with upload.published(track_id, nothing):
            pass


async def test_what_is_written_is_what_is_read(store: MediaStore, tmp_path: Path) -> None:
    chunks = [bytes([n]) * 300_000 for n in range(10)]
    async with store.upload(max_bytes=3_000_000) as upload:
        for chunk in chunks:
            await upload.write(chunk)
        assert (await upload.finish()).read_bytes() == b"".join(chunks)
    assert left_in(tmp_path) == set()


async def test_an_empty_upload_is_an_empty_file(store: MediaStore) -> None:
    async with store.upload(max_bytes=10) as upload:
        assert (await upload.finish()).read_bytes() == b""


async def test_too_many_bytes_are_refused_and_leave_nothing(
    store: MediaStore, tmp_path: Path
) -> None:
    async with store.upload(max_bytes=1000) as upload:
        await upload.write(bytes(1000))
        with pytest.raises(TooLarge) as refusal:
            await upload.write(b"!")
        assert refusal.value.code == "payload_too_large"
    assert left_in(tmp_path) == set()


async def test_a_published_track_has_its_url(store: MediaStore, tmp_path: Path) -> None:
    track_id = uuid4()
    await publish(store, track_id)
    url = track_url(track_id, "audio.m4a")
    assert url == f"/media/tracks/{track_id}/audio.m4a"
    path = await store.path_of(url.split("/")[2:])
    assert path is not None
    assert path.read_bytes() == b"sound"
    assert MEDIA_TYPES[path.name] == "audio/mp4"
    assert left_in(tmp_path) == set()


async def test_an_image_has_its_place_beside_the_tracks(store: MediaStore, tmp_path: Path) -> None:
    image_id = uuid4()
    async with store.upload(max_bytes=100) as upload:
        (upload.target / "image.webp").write_bytes(b"picture")
        async with upload.published(image_id, nothing, Kind.IMAGES):
            pass
    parts = image_url(image_id, "image.webp").split("/")[2:]
    path = await store.path_of(parts)
    assert path is not None
    assert path.read_bytes() == b"picture"
    assert await store.path_of(["tracks", *parts[1:]]) is None
    await store.remove_image(image_id)
    assert await store.path_of(parts) is None
    assert left_in(tmp_path) == set()


async def test_what_is_removed_goes_with_its_row_and_stays_without(
    store: MediaStore, tmp_path: Path
) -> None:
    gone, there = uuid4(), uuid4()
    await publish(store, gone)
    await publish(store, there)

    async def one_of_them(ids: set[UUID]) -> set[UUID]:
        return ids & {there}

    async with store.removing(Kind.TRACKS, {gone, there}, one_of_them):
        pass
    assert [path.name for path in (store.folder / "tracks").iterdir()] == [str(there)]
    assert left_in(tmp_path) == set()


@pytest.mark.parametrize(
    "url",
    [
        "", "tracks", "tracks/{id}", "tracks/{id}/", "tracks/{id}/cover.jpg", "tracks/{id}/source",
        "images/{id}/audio.m4a", "other/{id}/audio.m4a",
        "tracks/{id}/../{id}/audio.m4a", "tracks/../tracks/{id}/audio.m4a",
        "./tracks/{id}/audio.m4a",
        "tracks/{ID}/audio.m4a", "tracks/{hex}/audio.m4a", "tracks/{{{id}}}/audio.m4a",
        "tracks/{id}/audio.m4a\0", "tracks/{id}/audio.m4a/", "../tmp/sweep.lock", "/etc/passwd",
        "tracks/00000000-0000-0000-0000-000000000000/audio.m4a", "tracks/../../secret/audio.m4a",
    ],
)  # fmt: skip
async def test_no_other_path_leads_anywhere(url: str, store: MediaStore) -> None:
    track_id = uuid4()
    await publish(store, track_id)
    parts = url.format(id=track_id, ID=str(track_id).upper(), hex=track_id.hex).split("/")
    assert await store.path_of(parts) is None


async def test_a_track_whose_row_fails_is_taken_back(store: MediaStore, tmp_path: Path) -> None:
    track_id = uuid4()
    async with store.upload(max_bytes=10) as upload:
        (upload.target / "audio.m4a").write_bytes(b"sound")
        with pytest.raises(RuntimeError):
            async with upload.published(track_id, nothing):
                raise RuntimeError
    assert list((store.folder / "tracks").iterdir()) == []
    assert left_in(tmp_path) == set()


async def test_a_commit_whose_answer_was_lost_keeps_its_files(
    store: MediaStore, tmp_path: Path
) -> None:
    track_id = uuid4()
    async with store.upload(max_bytes=10) as upload:
        (upload.target / "audio.m4a").write_bytes(b"sound")
        with pytest.raises(ConnectionError):
            async with upload.published(track_id, everything):
                raise ConnectionError
    assert (store.folder / "tracks" / str(track_id) / "audio.m4a").exists()
    assert left_in(tmp_path) == set()


@pytest.mark.parametrize(("database", "stays"), [(everything, True), (nothing, False)])
async def test_what_the_database_could_not_settle_the_next_start_does(
    database: Exists,
    stays: bool,
    tmp_path: Path,
) -> None:
    track_id = uuid4()
    async with MediaStore(tmp_path) as store, store.upload(max_bytes=10) as upload:
        (upload.target / "audio.m4a").write_bytes(b"sound")
        with pytest.raises(ConnectionError):
            async with upload.published(track_id, no_answer):
                raise ConnectionError
    assert left_in(tmp_path) == {f"tracks.{track_id}.publishing"}
    async with MediaStore(tmp_path) as store:
        with pytest.raises(ConnectionError):
            await store.sweep(both(no_answer))
        assert await store.sweep(both(database)) == 1
        assert (store.folder / "tracks" / str(track_id)).exists() == stays
    assert left_in(tmp_path) == set()


async def test_a_cancelled_publication_is_settled(store: MediaStore, tmp_path: Path) -> None:
    entered = asyncio.Event()

    async def upload() -> None:
        async with store.upload(max_bytes=10) as upload:
            (upload.target / "audio.m4a").write_bytes(b"sound")
            async with upload.published(uuid4(), nothing):
                entered.set()
                await asyncio.Event().wait()

    task = asyncio.create_task(upload())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list((store.folder / "tracks").iterdir()) == []
    assert left_in(tmp_path) == set()


async def test_a_sweep_leaves_the_living_alone(tmp_path: Path) -> None:
    track_id = uuid4()
    async with (
        MediaStore(tmp_path) as one,
        MediaStore(tmp_path) as other,
        one.upload(max_bytes=10) as upload,
    ):
        (upload.target / "audio.m4a").write_bytes(b"sound")
        async with upload.published(track_id, everything):
            assert await one.sweep(both(nothing)) == 0
            assert await other.sweep(both(nothing)) == 0
        assert (one.folder / "tracks" / str(track_id) / "audio.m4a").exists()


async def test_a_process_in_its_start_does_not_seem_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[object] = []

    def lock_after_a_sweep_was_tried(folder: Path) -> int | None:
        sweeper = threading.Thread(target=lambda: found.extend(other._dead()))
        monkeypatch.setattr(media, "lock_of", lock_of)
        sweeper.start()
        sweeper.join(0.5)  # it should wait for us; a wrong one is through long before
        return lock_of(folder)

    async with MediaStore(tmp_path) as other:
        monkeypatch.setattr(media, "lock_of", lock_after_a_sweep_was_tried)
        async with MediaStore(tmp_path):
            assert await other.sweep(both(nothing)) == 0
    assert found == []


@pytest.mark.parametrize("deed", ["publish", "remove", "sweep"])
def test_a_kill_at_any_step_leaves_nothing_half_and_loses_nothing(
    deed: str, tmp_path: Path
) -> None:
    printed = subprocess.run(
        [sys.executable, STEPS, deed, tmp_path], check=True, capture_output=True, text=True
    ).stdout
    outcomes = json.loads(printed)
    assert len(outcomes) > 10
    assert [outcome for outcome in outcomes if outcome["faults"]] == []
    # Both ends are among them: killed before anything was done, and after all was.
    assert {outcome["has_row"] for outcome in outcomes} == (
        {False} if deed == "sweep" else {False, True}
    )
