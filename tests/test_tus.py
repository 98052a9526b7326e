"""Resumable uploads: the protocol word by word, whose they are, and what becomes of them."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.client import Client
from tests.conftest import Connect, house_env, sign_up
from tests.servers import House
from tests.test_upload import files_in, wav
from tests.tus_client import Tus, metadata

PATH = "/uploads/tus"


def kept(house: House) -> set[str]:
    """The files of unfinished uploads."""
    folder = house.data_dir / "resumable"
    return {path.name for path in folder.glob("*")}


async def test_a_recording_in_pieces_becomes_a_track(
    connect: Connect, house: House, tmp_path: Path
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    also_ada = await connect(same=ada)
    data = wav(tmp_path / "a.wav").read_bytes()
    async with Tus(ada) as tus:
        path = await tus.begin(len(data), name="Silence", artistName="Nobody", filename="x.wav")
        assert await tus.state(path) == {
            "id": path.rpartition("/")[2],
            "state": "receiving",
            "size": len(data),
            "offset": 0,
            "track": None,
            "error": None,
        }
        for start in range(0, len(data), 10_000):
            piece = data[start : start + 10_000]
            response = await tus.add(path, start, piece)
            assert response.status == 204
            assert int(response.headers["Upload-Offset"]) == start + len(piece)
        for socket in (ada, also_ada):
            finished = await socket.hears("upload:finished")
            assert path.endswith(finished["uploadId"])
            assert finished["track"]["name"] == "Silence"
        state = await tus.state(path)
        assert (state["state"], state["offset"]) == ("done", len(data))
        assert state["track"]["duration"] == pytest.approx(2, abs=0.1)
        assert state["track"]["artist"]["name"] == "Nobody"
        assert state["track"]["uploadedBy"] == ada.id
        assert await tus.offset(path) == len(data)
    assert await bob.ok("track:get", {"trackId": state["track"]["id"]}) == state["track"]
    assert bob.heard("upload:finished") == []
    assert path.rpartition("/")[2] not in kept(house)


async def test_the_server_says_what_it_can_do(house: House) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.options(house.urls[0] + PATH) as response,
    ):
        assert response.status == 204
        assert response.headers["Tus-Version"] == "1.0.0"
        assert response.headers["Tus-Max-Size"] == str(200 * 2**20)
        extensions = {"creation", "creation-with-upload", "expiration", "termination"}
        assert set(response.headers["Tus-Extension"].split(",")) == extensions


async def test_every_answer_says_its_version(connect: Connect) -> None:
    async with Tus(await connect("ada")) as tus:
        path = await tus.begin(10)
        answers = [
            await tus.ask("HEAD", path),
            await tus.ask("HEAD", f"{PATH}/nothing"),
            await tus.ask("POST"),
            await tus.ask("HEAD", path, Tus_Resumable="0.2.2"),
        ]
    assert [answer.headers["Tus-Resumable"] for answer in answers] == ["1.0.0"] * 4
    assert [answer.status for answer in answers] == [200, 404, 400, 412]
    assert answers[-1].headers["Tus-Version"] == "1.0.0"


async def test_a_new_upload_has_a_place_an_end_and_its_metadata(connect: Connect) -> None:
    said = metadata(name="Señorita", filename="a b.wav", colour="red")
    async with Tus(await connect("ada")) as tus:
        response = await tus.ask("POST", Upload_Length=5, Upload_Metadata=said)
        assert response.status == 201
        assert response.headers["Location"].startswith(f"{PATH}/")
        assert response.headers["Upload-Expires"].endswith(" GMT")
        head = await tus.ask("HEAD", response.headers["Location"])
        assert head.headers["Upload-Length"] == "5"
        assert head.headers["Upload-Offset"] == "0"
        assert head.headers["Upload-Metadata"] == said


async def test_the_first_bytes_may_come_with_the_request(connect: Connect) -> None:
    piece = {"Content_Type": "application/offset+octet-stream"}
    async with Tus(await connect("ada")) as tus:
        response = await tus.ask("POST", data=b"hello", Upload_Length=9, **piece)
        assert (response.status, response.headers["Upload-Offset"]) == (201, "5")
        assert await tus.offset(response.headers["Location"]) == 5


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 400, "validation_failed"),
        ({"Upload_Length": "-1"}, 400, "validation_failed"),
        ({"Upload_Length": "0"}, 400, "validation_failed"),
        ({"Upload_Length": "1e3"}, 400, "validation_failed"),
        ({"Upload_Length": "9" * 30}, 400, "validation_failed"),
        ({"Upload_Defer_Length": "1"}, 400, "validation_failed"),
        ({"Upload_Length": "5", "Upload_Concat": "partial"}, 400, "validation_failed"),
        ({"Upload_Length": str(200 * 2**20 + 1)}, 413, "payload_too_large"),
        ({"Upload_Length": "5", "Upload_Metadata": "name ???"}, 400, "validation_failed"),
        ({"Upload_Length": "5", "Upload_Metadata": "name /w=="}, 400, "validation_failed"),
        ({"Upload_Length": "5", "Upload_Metadata": "a YQ==,a YQ=="}, 400, "validation_failed"),
        ({"Upload_Length": "5", "Upload_Metadata": metadata(name="")}, 400, "validation_failed"),
        ({"Upload_Length": "5", "Upload_Metadata": metadata(name="x" * 201)}, 400,
         "validation_failed"),
        ({"Upload_Length": "5", "Upload_Metadata": metadata(artistId="x")}, 400,
         "validation_failed"),
        ({"Upload_Length": "5",
          "Upload_Metadata": metadata(artistId="01890000-0000-7000-8000-000000000001")}, 404,
         "not_found"),
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_refused(
    headers: dict[str, str], status: int, code: str, connect: Connect
) -> None:
    async with Tus(await connect("ada")) as tus:
        response = await tus.ask("POST", **headers)
        assert (response.status, (await response.json())["code"]) == (status, code)


async def test_a_piece_must_fit(connect: Connect) -> None:
    piece = "application/offset+octet-stream"
    async with Tus(await connect("ada")) as tus:
        path = await tus.begin(10)
        assert (await tus.add(path, 0, b"1234")).status == 204
        assert (await tus.add(path, 0, b"1234")).status == 409
        assert (await tus.add(path, 5, b"5")).status == 409
        assert (await tus.add(path, 4, b"5678901")).status == 413
        wrong = await tus.ask("PATCH", path, b"5", Upload_Offset=4, Content_Type="text/plain")
        assert wrong.status == 415
        wrong = await tus.ask("PATCH", path, b"5", Content_Type=piece)
        assert wrong.status == 400
        assert await tus.offset(path) == 4


async def test_a_piece_of_unknown_length_may_not_be_too_long(connect: Connect) -> None:
    async def chunks() -> Any:
        yield b"12345"
        yield b"67890!"

    async with Tus(await connect("ada")) as tus:
        path = await tus.begin(10)
        assert (await tus.add(path, 0, chunks())).status == 413
        assert await tus.offset(path) in {0, 5}


async def test_anothers_upload_does_not_exist(connect: Connect) -> None:
    async with Tus(await connect("ada")) as ada, Tus(await connect("eve")) as eve:
        path = await ada.begin(10)
        for method in ("HEAD", "GET", "DELETE"):
            assert (await eve.ask(method, path)).status == 404
        assert (await eve.add(path, 0, b"12345")).status == 404
        assert await ada.offset(path) == 0


async def test_nobody_uploads_without_a_token(house: House) -> None:
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": "5"}
    url = house.urls[0] + PATH
    one = f"{url}/01890000-0000-7000-8000-000000000001"
    async with aiohttp.ClientSession(headers=headers) as session:
        for method, address in (("POST", url), ("HEAD", one), ("PATCH", one), ("DELETE", one),
                                ("GET", one)):  # fmt: skip
            async with session.request(method, address) as response:
                assert response.status == 401, method


async def test_an_upload_can_be_given_up(connect: Connect, house: House) -> None:
    async with Tus(await connect("ada")) as tus:
        path = await tus.begin(10)
        await tus.add(path, 0, b"12345")
        assert path.rpartition("/")[2] in kept(house)
        assert (await tus.ask("DELETE", path)).status == 204
        assert path.rpartition("/")[2] not in kept(house)
        for method in ("HEAD", "GET", "DELETE"):
            assert (await tus.ask(method, path)).status == 404
        assert (await tus.add(path, 5, b"67890")).status == 404


async def test_who_can_only_post_may_say_what_they_mean(connect: Connect) -> None:
    piece = "application/offset+octet-stream"
    async with Tus(await connect("ada")) as tus:
        path = await tus.begin(10)
        sent = await tus.ask(
            "POST", path, b"123", X_HTTP_Method_Override="PATCH", Upload_Offset=0,
            Content_Type=piece,
        )  # fmt: skip
        assert (sent.status, sent.headers["Upload-Offset"]) == (204, "3")
        assert (await tus.ask("POST", path)).status == 405
        assert (await tus.ask("POST", path, X_HTTP_Method_Override="DELETE")).status == 204


async def test_what_is_no_audio_fails_and_leaves_nothing(connect: Connect, house: House) -> None:
    ada = await connect("ada")
    before = files_in(house)
    async with Tus(ada) as tus:
        path = await tus.begin(1000, filename="song.mp3")
        assert (await tus.add(path, 0, b"text" * 250)).status == 204
        failed = await ada.hears("upload:failed")
        assert path.endswith(failed["uploadId"])
        assert failed["code"] == "unsupported_media_type"
        state = await tus.state(path)
        assert (state["state"], state["track"]) == ("failed", None)
        assert state["error"] == {"code": failed["code"], "message": failed["error"]}
        assert await tus.offset(path) == 1000
        assert (await tus.add(path, 1000, b"")).status == 409
        assert (await tus.ask("DELETE", path)).status == 204
    assert path.rpartition("/")[2] not in kept(house)
    assert files_in(house) == before


async def test_a_user_has_10_unfinished_uploads(connect: Connect) -> None:
    async with Tus(await connect("ada")) as tus:
        paths = [await tus.begin(10) for _ in range(10)]
        refused = await tus.ask("POST", Upload_Length=10)
        assert (refused.status, (await refused.json())["code"]) == (409, "conflict")
        await tus.ask("DELETE", paths[0])
        assert (await tus.ask("POST", Upload_Length=10)).status == 201


async def test_an_upload_has_expired_after_a_day(connect: Connect, house: House) -> None:
    async with Tus(await connect("ada")) as tus:
        path = await tus.begin(10)
        await tus.add(path, 0, b"12345")
        await house.execute(
            "UPDATE resumable_uploads SET expires_at = created_at WHERE id = $1",
            path.rpartition("/")[2],
        )
        for method in ("HEAD", "GET", "DELETE"):
            assert (await tus.ask(method, path)).status == 404
        assert (await tus.add(path, 5, b"67890")).status == 404


async def test_a_user_begins_60_uploads_an_hour(tmp_path: Path) -> None:
    house = House("limited", house_env(tmp_path / "data", RATE_LIMITS="on"))
    house.start()
    try:
        ada = Client(house.urls[0], await sign_up(house.urls[0]))
        async with Tus(ada) as tus:
            for _ in range(60):
                assert (await tus.ask("DELETE", await tus.begin(10))).status == 204
            refused = await tus.ask("POST", Upload_Length=10)
            assert refused.status == 429
            assert int(refused.headers["Retry-After"]) > 0
    finally:
        house.stop()


async def test_other_pages_may_speak_the_protocol(tmp_path: Path) -> None:
    page = "https://app.example.org"
    house = House("cors", house_env(tmp_path / "data", CORS_ORIGINS=page))
    house.start()
    try:
        wish = {"Origin": page, "Access-Control-Request-Method": "PATCH"}
        url = f"{house.urls[0]}{PATH}"
        async with aiohttp.ClientSession() as session:
            async with session.options(url, headers=wish) as response:
                allowed = response.headers["Access-Control-Allow-Headers"].split(", ")
                assert {"Tus-Resumable", "Upload-Offset", "Upload-Length", "Upload-Metadata"} <= {
                    *allowed
                }
                assert "PATCH" in response.headers["Access-Control-Allow-Methods"]
            async with session.head(f"{url}/x", headers={"Origin": page}) as response:
                exposed = response.headers["Access-Control-Expose-Headers"].split(", ")
                assert {"Location", "Upload-Offset", "Upload-Length", "Tus-Resumable"} <= {*exposed}
    finally:
        house.stop()
