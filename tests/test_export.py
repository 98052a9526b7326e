"""What is kept about a user, as one download: whole, theirs alone, and not for long."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from handlers.http.export import document
from models import export as pages
from models.channel import Channel
from models.message import Message
from models.server import Server
from models.session import Session
from models.track import Track
from models.user import User
from tests.client import PASSWORD, Client
from tests.conftest import Connect, MakeTrack, sign_up
from tests.credentials import challenged, log_in, with_second_factor
from tests.party import a_process
from tests.rooms import here, open_room
from tests.servers import House

Json = dict[str, Any]


async def download(client: Client, url: str) -> tuple[int, Any, Json]:
    """Status, headers and JSON of an address, asked for without a token."""
    async with aiohttp.ClientSession() as http, http.get(client.url + url) as response:
        return response.status, response.headers, json.loads(await response.text())


async def exported(client: Client) -> Json:
    answer = await client.ok("user:export_data")
    status, _, found = await download(client, answer["url"])
    assert status == 200
    return found


async def test_everything_is_in_it(house: House, connect: Connect, make_track: MakeTrack) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    mine, liked = await make_track("Mine"), await make_track("Liked")
    ids = UUID(ada.id), UUID(mine), UUID(liked)
    now = datetime.now(UTC)
    await house.execute("UPDATE tracks SET uploaded_by_id = $1 WHERE id = $2", *ids[:2])
    await house.execute(
        "INSERT INTO favorites (id, created_at, user_id, track_id) VALUES ($2, $4, $1, $3)",
        *(ids[0], ids[2], ids[2], now if house.name == "postgres" else str(now)),
    )
    room = await open_room(ada)
    await bob.ok("room:join", here(room))
    channel = {"channelId": room["channelId"]}
    await ada.ok("message", {**channel, "content": 'I said "so", \u2028twice'})
    await bob.ok("message", {**channel, "content": "I did not"})
    found = await exported(ada)
    own = await ada.ok("user:me")
    assert found["user"] == own
    assert found["exportedAt"].endswith("Z")
    (session,) = found["sessions"]
    assert session["createdAt"].endswith("Z")
    assert [message["content"] for message in found["messages"]] == ['I said "so", \u2028twice']
    assert found["messages"][0]["channelId"] == room["channelId"]
    (track,) = found["tracks"]
    assert (track["name"], track["url"]) == ("Mine", f"/media/tracks/{mine}/audio.m4a")
    assert [like["trackName"] for like in found["favorites"]] == ["Liked"]
    assert [(each["roomId"], each["role"]) for each in found["rooms"]] == [(room["id"], "host")]
    lists = ("friends", "sentRequests", "receivedRequests", "blocks", "identities", "images")
    assert [found[name] for name in (*lists, "artists", "playlists", "playlistTracks")] == [[]] * 9


async def test_no_secret_is_in_it(connect: Connect) -> None:
    ada = await connect("ada")
    setup = await ada.ok("two_factor:setup", {"password": PASSWORD})
    text = json.dumps(await exported(ada))
    assert [each for each in ("argon2", setup["secret"], "secret", "hash") if each in text] == []


async def test_the_browser_saves_it_and_nobody_keeps_it(connect: Connect) -> None:
    ada = await connect("ada")
    answer = await ada.ok("user:export_data")
    status, headers, _ = await download(ada, answer["url"])
    assert status == 200
    assert headers["Content-Type"].startswith("application/json")
    assert headers["Cache-Control"] == "no-store"
    name = f'attachment; filename="soundroom-{ada.user["username"]}.json"'
    assert headers["Content-Disposition"] == name
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_the_address_ends_after_ten_minutes_and_nobody_can_make_one(
    house: House, connect: Connect
) -> None:
    ada = await connect("ada")
    answer = await ada.ok("user:export_data")
    ends = datetime.fromisoformat(answer["expiresAt"])
    assert abs(ends - datetime.now(UTC) - timedelta(minutes=10)) < timedelta(minutes=1)
    for token in ("x", "x" * 43, "%00", ada.token, await challenge_of_two_factor(ada)):
        status, _, envelope = await download(ada, f"/media/exports/{token}.json")
        assert (token, status, envelope["code"]) == (token, 404, "not_found")
    assert (await download(ada, answer["url"]))[0] == 200


async def challenge_of_two_factor(ada: Client) -> str:
    """A ticket, but one for something else."""
    await with_second_factor(ada)
    return await challenged(ada)


async def test_it_ends_with_the_session_that_asked_for_it(connect: Connect) -> None:
    ada = await connect("ada")
    phone = await Client(ada.url, (await log_in(ada))[1]["data"]).connect()
    url = (await phone.ok("user:export_data"))["url"]
    assert (await download(ada, url))[0] == 200
    new = {"currentPassword": PASSWORD, "newPassword": PASSWORD}
    await ada.ok("user:change_password", new)
    assert (await download(ada, url))[0] == 404
    await phone.disconnected.wait()


async def test_a_deleted_account_has_no_download(connect: Connect) -> None:
    ada = await connect("ada")
    url = (await ada.ok("user:export_data"))["url"]
    await ada.ok("user:delete_account", {"password": PASSWORD})
    assert (await download(ada, url))[0] == 404


async def test_a_guest_has_one_too(house: House, connect: Connect) -> None:
    guest = await connect("guest", guest=True)
    assert (await exported(guest))["user"]["id"] == guest.id
    status, _, _ = await download(guest, "/media/exports/.json")
    assert status == 404
    assert (await sign_up(house.urls[0]))["user"]["id"] != guest.id


@pytest.fixture
async def ada(tmp_path: Path) -> AsyncIterator[User]:
    """Somebody who has said a lot, in a database of its own."""
    async with a_process(tmp_path) as services:
        await Server.make_default()
        ada, now = await User.sign_up("ada"), services.now()
        await Session.begin(ada, "phone", "here", now)
        channel = await Channel.filter(name="general").get()
        times = {"sent_at": now, "updated_at": now}
        await Message.bulk_create(
            Message(channel=channel, author=ada, content=f"{n}", seq=n, number=n, **times)
            for n in range(1, 26)
        )
        await Track.create(
            name="Song", name_key="song", duration=1, url="/x", mime_type="x", uploaded_by=ada
        )
        yield ada


async def test_it_is_written_page_by_page(ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    for page in (1, 5, 7, 25, 26):
        monkeypatch.setattr(pages, "PAGE", page)
        pieces = [piece async for piece in document(ada, datetime.now(UTC))]
        found = json.loads(b"".join(pieces))
        assert [message["content"] for message in found["messages"]] == [
            str(n) for n in range(1, 26)
        ]
        assert max(piece.count(b'"content"') for piece in pieces) == min(page, 25)
        assert [track["name"] for track in found["tracks"]] == ["Song"]
