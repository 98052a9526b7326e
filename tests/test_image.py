"""Pictures over HTTP: any in, clean ones out, and nothing left of what is refused."""

import io
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from models.audio import PictureWorkers
from models.image import images_of, publish_image, remove_images
from models.media import MediaStore
from models.user import User
from tests.audio.files import picture
from tests.audio.test_picture import bomb
from tests.client import Client
from tests.conftest import Connect, house_env, sign_up
from tests.databases import opened
from tests.servers import House
from tests.test_upload import files_in


async def upload(client: Client, data: bytes, **texts: str) -> tuple[int, Any]:
    form = aiohttp.FormData()
    for name, text in texts.items():
        form.add_field(name, text)
    form.add_field("file", io.BytesIO(data), filename="me.jpg", content_type="image/jpeg")
    headers = {"Authorization": f"Bearer {client.token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{client.url}/uploads/images", data=form, headers=headers) as response,
    ):
        return response.status, await response.json()


async def fetched(url: str) -> tuple[bytes, str]:
    """A file and its type."""
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200
        assert "immutable" in response.headers["Cache-Control"]
        return await response.read(), response.headers["Content-Type"]


async def test_a_picture_can_be_seen_by_everybody_in_two_sizes(
    connect: Connect, house: House
) -> None:
    ada = await connect("ada")
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "taken at home"
    status, answer = await upload(ada, picture(size=(600, 400), exif=exif))
    image = answer["data"]
    assert status == 201
    assert (image["width"], image["height"]) == (400, 600)  # upright
    assert image["url"] == f"/media/images/{image['id']}/image.webp"
    assert image["thumbnailUrl"] == f"/media/images/{image['id']}/thumb.webp"
    for url, size in ((image["url"], (400, 600)), (image["thumbnailUrl"], (171, 256))):
        data, kind = await fetched(house.urls[-1] + url)
        assert kind == "image/webp"
        assert Image.open(io.BytesIO(data)).size == size
        assert b"taken at home" not in data


async def test_it_can_be_an_avatar(connect: Connect) -> None:
    ada = await connect("ada")
    _, answer = await upload(ada, picture("PNG"))
    user = await ada.ok("user:update_profile", {"avatarUrl": answer["data"]["thumbnailUrl"]})
    assert user["avatarUrl"] == answer["data"]["thumbnailUrl"]


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"This is a text, and no picture. " * 1000, 415, "unsupported_media_type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_media_type"),
        (picture()[:600], 415, "unsupported_media_type"),
        (b"", 415, "unsupported_media_type"),
        (bomb(30_000), 413, "payload_too_large"),
        (bytes(10 * 2**20 + 1), 413, "payload_too_large"),
    ],
    ids=["text", "svg", "torn", "empty", "bomb", "too large"],
)
async def test_what_is_refused_leaves_nothing_behind(
    data: bytes, status: int, code: str, connect: Connect, house: House
) -> None:
    ada = await connect("ada")
    before = files_in(house)
    refused, answer = await upload(ada, data)
    assert (refused, answer["code"]) == (status, code)
    assert files_in(house) == before
    assert await house.fetch("SELECT id FROM images WHERE uploaded_by_id = $1", ada.id) == []


async def test_beside_a_picture_there_is_nothing_to_say(connect: Connect, house: House) -> None:
    ada = await connect("ada")
    before = files_in(house)
    status, answer = await upload(ada, picture(), name="Me")
    assert (status, answer["code"]) == (400, "validation_failed")
    assert files_in(house) == before


async def test_nobody_uploads_without_a_token(house: House) -> None:
    url, form = f"{house.urls[0]}/uploads/images", {"file": io.BytesIO(picture())}
    async with aiohttp.ClientSession() as session, session.post(url, data=form) as response:
        assert response.status == 401


async def test_a_user_uploads_60_pictures_an_hour(tmp_path: Path) -> None:
    house = House("limited", house_env(tmp_path / "data", RATE_LIMITS="on"))
    house.start()
    try:
        ada = Client(house.urls[0], await sign_up(house.urls[0]))
        bob = Client(house.urls[0], await sign_up(house.urls[0]))
        assert {(await upload(ada, picture(), x="y"))[0] for _ in range(60)} == {400}
        assert (await upload(ada, picture()))[0] == 429
        assert (await upload(bob, picture()))[0] == 201
    finally:
        house.stop()


async def test_a_users_images_go_with_rows_and_files(tmp_path: Path) -> None:
    workers, data = PictureWorkers(), picture()
    async with opened(tmp_path), MediaStore(tmp_path) as media:
        ada, bob = [await User.sign_up(name) for name in ("ada", "bob")]
        for user in (ada, ada, bob):
            async with media.upload(10**6) as upload:
                await upload.write(data)
                await publish_image(upload, workers, user)
        mine, theirs = await images_of(ada.id), await images_of(bob.id)
        assert (len(mine), len(theirs)) == (2, 1)
        await remove_images(set(mine), media)
        assert await images_of(ada.id) == []
        assert await images_of(bob.id) == theirs
        assert [path.name for path in (media.folder / "images").iterdir()] == [str(theirs[0])]
    await workers.close()
    assert [path for path in (tmp_path / "tmp").rglob("*") if path.name != "sweep.lock"] == []
