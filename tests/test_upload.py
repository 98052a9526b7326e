"""Uploads and media over HTTP: real recordings in, real recordings out."""

import asyncio
import io
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest

from tests.client import Client
from tests.conftest import Connect, house_env, sign_up
from tests.servers import House


def wav(path: Path, seconds: float = 2.0) -> Path:
    """A real recording: silence of that length."""
    with av.open(str(path), "w", format="wav") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        for _ in range(int(seconds * 10)):
            frame = av.AudioFrame(format="s16", layout="mono", samples=800)
            frame.sample_rate = 8000
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


async def upload(client: Client, data: bytes, **texts: str) -> tuple[int, Any]:
    form = aiohttp.FormData()
    for name, text in texts.items():
        form.add_field(name, text)
    form.add_field("file", io.BytesIO(data), filename="my_recording.wav")
    headers = {"Authorization": f"Bearer {client.token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{client.url}/uploads/tracks", data=form, headers=headers) as response,
    ):
        return response.status, await response.json()


def files_in(house: House) -> list[str]:
    """All files of uploads, public or half-made, but for the locks."""
    folders = (house.data_dir / "media", house.data_dir / "tmp")
    found = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return sorted(str(path) for path in found if "lock" not in path.name)


async def test_an_uploaded_recording_can_be_played_by_everybody(
    connect: Connect, tmp_path: Path
) -> None:
    ada = await connect("ada")
    data = wav(tmp_path / "a.wav").read_bytes()
    status, answer = await upload(ada, data, name="Silence", artistName="Nobody", genre="ambient")
    track = answer["data"]
    assert status == 201
    assert track["name"] == "Silence"
    assert track["artist"]["name"] == "Nobody"
    assert track["duration"] == pytest.approx(2.0, abs=0.1)
    assert len(track["waveform"]) == 400
    assert track["uploadedBy"] == ada.id
    async with aiohttp.ClientSession() as session:
        async with session.get(ada.url + track["url"]) as response:
            whole = await response.read()
            assert response.headers["Content-Type"] == "audio/mp4"
            assert response.headers["X-Content-Type-Options"] == "nosniff"
            assert "immutable" in response.headers["Cache-Control"]
            etag = response.headers["ETag"]
        async with session.get(ada.url + track["url"], headers={"Range": "bytes=4-9"}) as response:
            assert response.status == 206
            assert await response.read() == whole[4:10]
        async with session.get(ada.url + track["url"], headers={"If-None-Match": etag}) as response:
            assert response.status == 304


async def test_a_recording_without_a_name_is_called_like_its_file(
    connect: Connect, tmp_path: Path
) -> None:
    ada = await connect("ada")
    status, answer = await upload(ada, wav(tmp_path / "a.wav").read_bytes())
    assert (status, answer["data"]["name"]) == (201, "my recording")


async def test_what_is_no_audio_leaves_nothing_behind(connect: Connect, house: House) -> None:
    ada = await connect("ada")
    before = files_in(house)
    status, answer = await upload(ada, b"This is a text, and no recording. " * 1000)
    assert (status, answer["code"]) == (415, "unsupported_media_type")
    assert files_in(house) == before


async def test_a_form_is_validated_like_a_payload(connect: Connect, tmp_path: Path) -> None:
    ada = await connect("ada")
    status, answer = await upload(ada, wav(tmp_path / "a.wav").read_bytes(), colour="red")
    assert (status, answer["code"]) == (400, "validation_failed")
    assert answer["details"][0]["path"] == ["colour"]


async def test_nobody_uploads_without_a_token(house: House) -> None:
    url, form = f"{house.urls[0]}/uploads/tracks", {"file": io.BytesIO(b"x")}
    async with aiohttp.ClientSession() as session, session.post(url, data=form) as response:
        assert response.status == 401
        assert (await response.json())["code"] == "token_missing"


async def test_there_is_no_way_out_of_the_media_folder(house: House) -> None:
    paths = ["/media/../soundroom.sqlite3", "/media/tracks/..%2f..%2fsoundroom.sqlite3", "/media/x"]
    async with aiohttp.ClientSession() as session:
        for path in paths:
            async with session.get(house.urls[0] + path) as response:
                assert response.status == 404


async def test_too_large_a_file_is_refused_while_it_comes(tmp_path: Path) -> None:
    house = House("small", house_env(tmp_path / "data", MAX_UPLOAD_MB="1"))
    house.start()
    try:
        ada = Client(house.urls[0], await sign_up(house.urls[0]))
        status, answer = await upload(ada, bytes(3 * 2**20))
        assert (status, answer["code"]) == (413, "payload_too_large")
        assert files_in(house) == []
    finally:
        house.stop()


async def test_a_server_killed_in_an_upload_leaves_no_half_file(tmp_path: Path) -> None:
    house = House("killed", house_env(tmp_path / "data"))
    house.start()
    ada = Client(house.urls[0], await sign_up(house.urls[0]))
    halfway = asyncio.Event()

    async def slowly() -> Any:
        yield bytes(2 * 2**20)
        halfway.set()
        await asyncio.sleep(3600)

    form = aiohttp.FormData()
    form.add_field("file", slowly(), filename="a.wav")
    headers = {"Authorization": f"Bearer {ada.token}"}
    async with aiohttp.ClientSession() as session:
        sending = asyncio.create_task(
            session.post(f"{ada.url}/uploads/tracks", data=form, headers=headers)
        )
        await halfway.wait()
        while not files_in(house):
            await asyncio.sleep(0.05)
        house.processes[0].kill()
        with pytest.raises(aiohttp.ClientError):
            await sending
    house.start()
    assert files_in(house) == []
    house.stop()
