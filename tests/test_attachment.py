"""Attachments over HTTP: any file in, the same file out, for whoever holds its address."""

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import aiohttp
import pytest

from models.attachment import Attachment, forget_unsent, publish_attachment
from models.media import MediaStore
from models.user import User
from tests.audio.files import picture
from tests.client import Client
from tests.conftest import Connect
from tests.databases import opened
from tests.servers import House
from tests.test_upload import files_in

PAGE = b"<!doctype html><script>alert(1)</script>"


async def upload(client: Client, data: bytes, name: str, **texts: str) -> tuple[int, Any]:
    form = aiohttp.FormData(quote_fields=False)
    for key, text in texts.items():
        form.add_field(key, text)
    form.add_field("file", io.BytesIO(data), filename=name, content_type="text/html")
    headers = {"Authorization": f"Bearer {client.token}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{client.url}/uploads/attachments", data=form, headers=headers) as response,
    ):
        return response.status, await response.json()


async def got(url: str, **headers: str) -> tuple[int, bytes, Any]:
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        return response.status, await response.read(), response.headers


@pytest.mark.parametrize(
    ("data", "mime_type", "shown", "size"),
    [
        (picture("PNG", (30, 20)), "image/png", "inline", (30, 20)),
        (b"Dear diary,\n\tna\xc3\xafve\n", "text/plain", "inline", (None, None)),
        (PAGE, "text/plain", "inline", (None, None)),
        (b"%PDF-1.7\n" + bytes(100), "application/pdf", "attachment", (None, None)),
        (bytes(range(256)), "application/octet-stream", "attachment", (None, None)),
        (picture("PNG")[:20], "application/octet-stream", "attachment", (None, None)),
        (b"", "application/octet-stream", "attachment", (None, None)),
    ],
    ids=["picture", "text", "page", "pdf", "bytes", "torn picture", "empty"],
)
async def test_a_file_comes_back_as_it_was_and_as_what_it_is(
    connect: Connect, house: House, data: bytes, mime_type: str, shown: str, size: tuple[Any, Any]
) -> None:
    ada = await connect("ada")
    status, answer = await upload(ada, data, "my file {1} ü.bin")
    attachment = answer["data"]
    assert status == 201
    assert set(attachment) == {"id", "filename", "url", "size", "mimeType", "width", "height"}
    assert attachment["filename"] == "my file {1} ü.bin"
    assert (attachment["size"], attachment["mimeType"]) == (len(data), mime_type)
    assert (attachment["width"], attachment["height"]) == size
    status, body, headers = await got(house.urls[-1] + attachment["url"])
    assert (status, body) == (200, data)
    assert headers["Content-Type"].partition(";")[0] == mime_type
    assert headers["Content-Disposition"].startswith(shown)
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "private" in headers["Cache-Control"]


async def test_a_part_of_it_can_be_had(connect: Connect) -> None:
    ada = await connect("ada")
    _, answer = await upload(ada, b"0123456789", "digits.txt")
    status, body, _ = await got(ada.url + answer["data"]["url"], Range="bytes=2-4")
    assert (status, body) == (206, b"234")


async def test_without_the_signature_there_is_nothing(connect: Connect, house: House) -> None:
    ada = await connect("ada")
    _, answer = await upload(ada, b"secret", "secret.txt")
    path, _, query = answer["data"]["url"].partition("?")
    wrong = [
        path,
        f"{path}?{query.replace('expires=1', 'expires=2')}",
        f"{path}?{query[:-1]}",
        f"{path.replace('secret.txt', 'other.txt')}?{query}",
        f"{path.rpartition('/')[0]}/file",
        "/media/attachments/x/y?expires=1&signature=0",
    ]
    for url in wrong:
        status, _, _ = await got(house.urls[0] + url)
        assert status == 404, url


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\cat.png", "cat.png"),
        ("..", "file"),
        ("a\u202eb\tc.txt", "abc.txt"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
    ],
)
async def test_a_name_is_a_name_and_no_path(connect: Connect, sent: str, kept: str) -> None:
    ada = await connect("ada")
    _, answer = await upload(ada, b"text", sent)
    assert answer["data"]["filename"] == kept
    assert unquote(answer["data"]["url"]).partition("?")[0].endswith(f"/{kept}")
    assert (await got(ada.url + answer["data"]["url"]))[0] == 200


async def test_what_is_refused_leaves_nothing_behind(connect: Connect, house: House) -> None:
    ada = await connect("ada")
    before = files_in(house)
    status, answer = await upload(ada, bytes(25 * 2**20 + 1), "large.bin")
    assert (status, answer["code"]) == (413, "payload_too_large")
    status, answer = await upload(ada, b"text", "a.txt", title="A")
    assert (status, answer["code"]) == (400, "validation_failed")
    ada.token = "rubbish"
    status, answer = await upload(ada, b"text", "a.txt")
    assert (status, answer["code"]) == (401, "token_invalid")
    assert files_in(house) == before


async def test_what_no_message_names_within_a_day_is_gone(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    async with opened(tmp_path), MediaStore(tmp_path) as media:
        async with media.upload(10**6) as upload:
            await upload.write(b"unsent")
            await publish_attachment(upload, await User.sign_up("ada"))
        assert await forget_unsent(media, now + timedelta(hours=23)) == 0
        assert await forget_unsent(media, now + timedelta(hours=25)) == 1
        assert await Attachment.all().count() == 0
        assert list((media.folder / "attachments").iterdir()) == []
