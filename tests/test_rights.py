"""Who may do what: every event, tried by everybody who could stand before it."""

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from tests.client import Client
from tests.conftest import MakeTrack
from tests.malice import EVENTS
from tests.raw import raw_socket
from tests.rights import account, identity, library, room
from tests.rights import people as between
from tests.rights.scene import ANSWERS, PEOPLE, Json, Payload, Scene, a_room, make_accounts
from tests.servers import House

SetScene = Callable[[str], Awaitable[Scene]]

TABLES = [account.ROWS, identity.ROWS, library.ROWS, between.ROWS, room.ROWS]
ROWS = {event: row for table in TABLES for event, row in table.items()}

# What can be done but once: whoever is next finds a new room.
ONCE = {
    *("playback:pause", "playback:skip", "queue:clear", "queue:remove"),
    *("room:close", "room:kick", "room:leave", "room:transfer_host"),
}


@pytest.fixture(scope="module")
def accounts(house: House) -> dict[str, Json]:
    """Everybody's account, made once."""
    return asyncio.run(make_accounts(house))


@pytest.fixture
async def people(house: House, accounts: dict[str, Json]) -> AsyncIterator[dict[str, Client]]:
    """Everybody's socket."""
    clients = {name: Client(house.urls[0], account) for name, account in accounts.items()}
    await asyncio.gather(*(client.connect() for client in clients.values()))
    yield clients
    await asyncio.gather(*(client.close() for client in clients.values()))


@pytest.fixture
async def set_scene(
    house: House, people: dict[str, Client], make_track: MakeTrack
) -> AsyncIterator[SetScene]:
    """`await set_scene("public")`: a new room, with all who belong into it."""
    scenes: list[Scene] = []

    async def set_scene(visibility: str) -> Scene:
        scenes.append(await a_room(house, people, lambda: make_track(duration=600), visibility))
        return scenes[-1]

    yield set_scene
    for scene in scenes:
        await people["moderator"].call("room:close", scene.here)


@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
@pytest.mark.parametrize("event", EVENTS)
async def test_everybody_may_do_what_they_may_and_nothing_else(
    house: House, people: dict[str, Client], set_scene: SetScene, event: str
) -> None:
    assert event in ROWS, f"Please add a row for {event}: who may send it?"
    expected, payload = ROWS[event]
    scene = await set_scene("private")
    assert await tried_by_nobody(house, event, await made(payload, scene)) == "unauthorized"
    found = {"stranger": await tried(people["stranger"], event, await made(payload, scene))}
    scene = await set_scene("public")
    for name in PEOPLE[1:]:
        found[name] = await tried(people[name], event, await made(payload, scene))
        if event in ONCE and found[name] == "success":
            scene = await set_scene("public")
    letters = zip(PEOPLE, expected.split(), strict=True)
    assert found == {name: ANSWERS[letter] for name, letter in letters}


async def made(payload: Payload, scene: Scene) -> Json:
    """The payload for the next who tries."""
    value = payload(scene)
    return await value if inspect.isawaitable(value) else value


async def tried(client: Client, event: str, payload: Json) -> str:
    """The code of the answer, or `success`."""
    answer = await client.call(event, payload)
    return "success" if answer["success"] else str(answer["code"])


async def tried_by_nobody(house: House, event: str, payload: Json) -> str:
    """The code of the answer to a connection that has not shown whose it is."""
    async with raw_socket(house.urls[0]) as raw:
        await raw.send("421" + json.dumps([event, payload]))
        return str((await raw.answer(1))["code"])


def test_no_row_is_of_an_event_that_is_gone() -> None:
    assert set(ROWS) <= set(EVENTS)


def test_no_event_has_two_rows() -> None:
    assert len(ROWS) == sum(len(table) for table in TABLES)
