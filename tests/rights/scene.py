"""What the rights are tried in: a room that a track is on in, and all who could stand before it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import uuid_utils.compat

from tests.client import Client
from tests.conftest import sign_up
from tests.servers import House

Json = dict[str, Any]
# What is sent, out of the scene; it may be prepared first, and is made anew for each who tries.
Payload = Callable[["Scene"], Json | Awaitable[Json]]
Rows = dict[str, tuple[str, Payload]]

# Who tries: each letter of a row is what one of them is answered, in this order.
#   stranger: has no way into the room, which for them is private; for all others it is public.
#   outsider, friend, blocked: have not joined it; the host has befriended one, and blocked another.
#   kicked: was a member; guest: a member without an account.
#   host: the owner, too, of the item, the message and the track.
#   moderator, admin: of the whole application; have not joined it either.
PEOPLE = (
    *("stranger", "outsider", "kicked", "guest", "member", "dj", "host"),
    *("moderator", "friend", "blocked", "admin"),
)
ANSWERS = {
    "+": "success",
    "f": "forbidden",
    "n": "not_found",
    "c": "conflict",
    "t": "token_invalid",
    "u": "unauthorized",
    "v": "validation_failed",
}


@dataclass(frozen=True)
class Scene:
    """A room that a track is on in, with an item that waits, a message, and people about it."""

    house: House
    room: Json
    people: dict[str, Client]
    message: Json
    item: Json
    track: str
    version: int
    server: str
    session: str

    @property
    def here(self) -> Json:
        return {"roomId": self.room["id"]}

    @property
    def there(self) -> Json:
        return {"channelId": self.room["channelId"]}

    @property
    def said(self) -> Json:
        """The channel and the message in it."""
        return {**self.there, "messageId": self.message["id"]}

    @property
    def them(self) -> Json:
        """The room and a member of it who wants no harm."""
        return {**self.here, "userId": self.people["victim"].id}

    @property
    def what_waits(self) -> Json:
        return {**self.here, "itemId": self.item["id"]}

    @property
    def heard(self) -> Json:
        return {**self.here, "version": self.version}


async def make_accounts(house: House) -> dict[str, Json]:
    """Everybody's account, with what is between them."""
    names = [*PEOPLE, "victim"]
    made = await asyncio.gather(
        *(sign_up(house.urls[0], name, guest=name == "guest") for name in names)
    )
    accounts = dict(zip(names, made, strict=True))
    ids = {name: UUID(account["user"]["id"]) for name, account in accounts.items()}
    for role in ("moderator", "admin"):
        await house.execute(f"UPDATE users SET role = '{role}' WHERE id = $1", ids[role])
    for pair in (("host", "friend"), ("friend", "host")):
        await relate(house, "friendships (user_id, friend_id", *(ids[name] for name in pair))
    await relate(house, "blocks (blocker_id, blocked_id", ids["host"], ids["blocked"])
    return accounts


async def relate(house: House, table_and_columns: str, one: UUID, other: UUID) -> None:
    """Put a row of two users into a table."""
    statement = f"INSERT INTO {table_and_columns}, id, created_at)"
    values = " VALUES ($1, $2, $3, CURRENT_TIMESTAMP)"
    await house.execute(statement + values, one, other, uuid_utils.compat.uuid7())


async def a_room(
    house: House, people: dict[str, Client], make_track: Callable[[], Awaitable[str]], seen_by: str
) -> Scene:
    """A new room of the host's with all who belong into it, and a new track of theirs."""
    host = people["host"]
    track = await make_track()
    await house.execute(
        "UPDATE tracks SET uploaded_by_id = $1 WHERE id = $2", UUID(host.id), UUID(track)
    )
    made = await host.ok("room:create", {"name": "R", "visibility": seen_by, "controlMode": "djs"})
    room, here = made["room"], {"roomId": made["room"]["id"]}
    for name in ("host", "victim", "member", "dj", "guest", "kicked"):
        await people[name].ok("room:join", {**here, "inviteCode": made["inviteCode"]})
    await host.ok("room:set_role", {**here, "userId": people["dj"].id, "role": "dj"})
    await host.ok("room:kick", {**here, "userId": people["kicked"].id})
    _, item = [await host.ok("queue:add", {**here, "trackId": track}) for _ in range(2)]
    playback = await host.ok("playback:play", here)
    message = await host.ok("message", {"content": "hi", "channelId": room["channelId"]})
    (server,) = await host.ok("server:list")
    (session,) = await people["victim"].ok("session:list")
    places = {"server": server["id"], "session": session["id"], "version": playback["version"]}
    return Scene(house, room, people, message, item, track, **places)
