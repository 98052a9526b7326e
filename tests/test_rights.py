"""Who may do what: every event, tried by everybody who could stand before it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from tests.client import Client
from tests.conftest import MakeTrack, sign_up
from tests.malice import EVENTS, NIL
from tests.servers import House

Json = dict[str, Any]
SetScene = Callable[[str], Awaitable["Scene"]]

# Who tries: each letter of a row is what one of them is answered, in this order.
PEOPLE = ("stranger", "outsider", "kicked", "guest", "member", "dj", "host", "moderator")
ANSWERS = {
    "+": "success",
    "f": "forbidden",
    "n": "not_found",
    "c": "conflict",
    "t": "token_invalid",
}


@dataclass(frozen=True)
class Scene:
    """A room that a track is on in, with an item that waits, a message, and people about it."""

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
    def them(self) -> Json:
        """The room and a member of it who wants no harm."""
        return {**self.here, "userId": self.people["victim"].id}

    @property
    def what_waits(self) -> Json:
        return {**self.here, "itemId": self.item["id"]}

    @property
    def heard(self) -> Json:
        return {**self.here, "version": self.version}


# stranger: has no way into the (private) room; in all other columns it is public.
# outsider: has not joined it; moderator: of the whole application, has not joined it either;
# kicked: was a member; guest: a member without an account. The item and the message are the host's.
ROWS: dict[str, tuple[str, Callable[[Scene], Json]]] = {
    #                      s o k g m d h mod
    "artist:list":        ("+ + + + + + + +", lambda _: {}),
    "channel:get":        ("n n n + + + + n", lambda s: s.there),
    "channel:sync":       ("n n n + + + + n", lambda s: {**s.there, "since": 0}),
    "clock:sync":         ("+ + + + + + + +", lambda _: {"clientTime": 1}),
    "message":            ("n n n + + + + n", lambda s: {**s.there, "content": "hello"}),
    "message:get":        ("n n n + + + + n", lambda s: {"messageId": s.message["id"]}),
    "message:list":       ("n n n + + + + n", lambda s: s.there),
    "message:mark_read":  ("n n n + + + + n", lambda s: {**s.there, "messageId": s.message["id"]}),
    "playback:get":       ("n + + + + + + +", lambda s: s.here),
    "playback:pause":     ("n f f f f + + f", lambda s: s.here),
    "playback:play":      ("n f f f f + + f", lambda s: {**s.here, "trackId": s.track}),
    "playback:ready":     ("n f f + + + + f", lambda s: s.heard),
    "playback:report":    ("n f f + + + + f", lambda s: {**s.heard, "position": 0, "at": 0}),
    "playback:seek":      ("n f f f f + + f", lambda s: {**s.here, "position": 1}),
    "playback:set_rate":  ("n f f f f + + f", lambda s: {**s.here, "rate": 2}),
    "playback:skip":      ("n f f f f + + f", lambda s: s.here),
    "playback:vote_skip": ("n f f c c c c f", lambda s: {**s.here, "queueItemId": NIL}),
    "queue:add":          ("n f f + + + + f", lambda s: {**s.here, "trackId": s.track}),
    "queue:clear":        ("n f f f f + + f", lambda s: s.here),
    "queue:list":         ("n + + + + + + +", lambda s: s.here),
    "queue:move":         ("n f f f f + + f", lambda s: {**s.what_waits, "position": 0}),
    "queue:remove":       ("n f f f f + + f", lambda s: s.what_waits),
    "queue:vote":         ("n f f + + + + f", lambda s: {**s.what_waits, "vote": 1}),
    "room:close":         ("n f f f f f + +", lambda s: s.here),
    "room:create":        ("+ + + + + + + +", lambda _: {"name": "Another"}),
    "room:get":           ("n + + + + + + +", lambda s: s.here),
    "room:join":          ("n + f + + + + +", lambda s: s.here),
    "room:kick":          ("n f f f f f + +", lambda s: s.them),
    "room:leave":         ("n f f + + + + f", lambda s: s.here),
    "room:list":          ("+ + + + + + + +", lambda _: {}),
    "room:members":       ("n + + + + + + +", lambda s: s.here),
    "room:set_role":      ("n f f f f f + f", lambda s: {**s.them, "role": "dj"}),
    "room:transfer_host": ("n f f f f f + f", lambda s: s.them),
    "room:update":        ("n f f f f f + f", lambda s: {**s.here, "name": "New"}),
    "server:channels":    ("+ + + + + + + +", lambda s: {"serverId": s.server}),
    "server:get":         ("+ + + + + + + +", lambda s: {"serverId": s.server}),
    "server:list":        ("+ + + + + + + +", lambda _: {}),
    "session:list":       ("+ + + + + + + +", lambda _: {}),
    "session:renew":      ("t t t t t t t t", lambda s: {"token": s.people["victim"].token}),
    "session:revoke":     ("n n n n n n n n", lambda s: {"sessionId": s.session}),
    "track:get":          ("+ + + + + + + +", lambda s: {"trackId": s.track}),
    "track:list":         ("+ + + + + + + +", lambda _: {}),
    "typing":             ("n n n + + + + n", lambda s: s.there),
    "user:get":           ("+ + + + + + + +", lambda s: {"userId": s.people["victim"].id}),
    "user:list":          ("+ + + + + + + +", lambda _: {}),
    "user:me":            ("+ + + + + + + +", lambda _: {}),
    "user:set_status":    ("+ + + + + + + +", lambda _: {"status": "idle"}),
    "user:snapshot":      ("+ + + + + + + +", lambda _: {}),
    "user:update_profile": ("+ + + + + + + +", lambda _: {"bio": "I was here."}),
}  # fmt: skip

# What can be done but once: whoever is next finds a new room.
ONCE = {
    *("playback:pause", "playback:skip", "queue:clear", "queue:remove"),
    *("room:close", "room:kick", "room:transfer_host"),
}


@pytest.fixture(scope="module")
def accounts(house: House) -> dict[str, Json]:
    """Everybody's account, made once."""
    return asyncio.run(make_accounts(house))


async def make_accounts(house: House) -> dict[str, Json]:
    names = [*PEOPLE, "victim"]
    made = await asyncio.gather(
        *(sign_up(house.urls[0], name, guest=name == "guest") for name in names)
    )
    accounts = dict(zip(names, made, strict=True))
    moderator = UUID(accounts["moderator"]["user"]["id"])
    await house.execute("UPDATE users SET role = 'moderator' WHERE id = $1", moderator)
    return accounts


@pytest.fixture
async def people(house: House, accounts: dict[str, Json]) -> AsyncIterator[dict[str, Client]]:
    """Everybody's socket."""
    clients = {name: Client(house.urls[0], account) for name, account in accounts.items()}
    await asyncio.gather(*(client.connect() for client in clients.values()))
    yield clients
    await asyncio.gather(*(client.close() for client in clients.values()))


@pytest.fixture
async def set_scene(people: dict[str, Client], make_track: MakeTrack) -> AsyncIterator[SetScene]:
    """`await set_scene("public")`: a new room, with all who belong into it."""
    scenes, track = [], await make_track(duration=600)

    async def set_scene(visibility: str) -> Scene:
        scenes.append(await a_room(people, track, visibility))
        return scenes[-1]

    yield set_scene
    for scene in scenes:
        await people["moderator"].call("room:close", scene.here)


async def a_room(people: dict[str, Client], track: str, visibility: str) -> Scene:
    host = people["host"]
    made = await host.ok(
        "room:create", {"name": "R", "visibility": visibility, "controlMode": "djs"}
    )
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
    return Scene(
        room, people, message, item, track, playback["version"], server["id"], session["id"]
    )


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@pytest.mark.parametrize("event", EVENTS)
async def test_everybody_may_do_what_they_may_and_nothing_else(
    house: House, people: dict[str, Client], set_scene: SetScene, event: str
) -> None:
    assert event in ROWS, f"Please add a row for {event}: who may send it?"
    expected, payload = ROWS[event]
    found = {
        "stranger": await tried(people["stranger"], event, payload(await set_scene("private")))
    }
    scene = await set_scene("public")
    for name in PEOPLE[1:]:
        found[name] = await tried(people[name], event, payload(scene))
        if event in ONCE and found[name] == "success":
            scene = await set_scene("public")
    letters = zip(PEOPLE, expected.split(), strict=True)
    assert found == {name: ANSWERS[letter] for name, letter in letters}


async def tried(client: Client, event: str, payload: Json) -> str:
    """The code of the answer, or `success`."""
    answer = await client.call(event, payload)
    return "success" if answer["success"] else str(answer["code"])


def test_no_row_is_of_an_event_that_is_gone() -> None:
    assert set(ROWS) <= set(EVENTS)
