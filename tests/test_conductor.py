"""The server's own part: going on after a track, exactly once, whoever is killed meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import uuid_utils.compat

from tests.client import Client
from tests.conftest import Connect, MakeTrack, again, house_env, sign_up
from tests.databases import database
from tests.playing import add, all_ready, gather_in, on, play, queued, where
from tests.rooms import Json, here
from tests.servers import House, Process, redis_server

Enter = Callable[..., Awaitable[Client]]


@pytest.fixture
def pair(postgres_url: str, tmp_path: Path) -> Iterator[House]:
    """Two processes with a database and a Redis that nobody else uses, and that may be killed."""
    with redis_server(tmp_path / "redis") as redis_url, database(postgres_url) as database_url:
        house = House("pair", house_env(tmp_path, DATABASE_URL=database_url, REDIS_URL=redis_url))
        house.start()
        house.start()
        yield house
        house.stop()


@pytest.fixture
async def enter() -> AsyncIterator[Enter]:
    """`await enter(process)`: a new user's socket on that process; `same=`: the user's next."""
    clients: list[Client] = []

    async def enter(process: Process, *, same: Client | None = None) -> Client:
        account = again(same) if same else await sign_up(process.url, "ada")
        client = Client(process.url, account)
        clients.append(client)
        return await client.connect()

    yield enter
    for client in clients:
        await client.close()


async def put_track(house: House, name: str, duration: float) -> str:
    """A track's id; put into the database without a recording."""
    track_id = uuid_utils.compat.uuid7()
    await house.execute(
        "INSERT INTO tracks (id, created_at, name, name_key, duration, url, mime_type, waveform)"
        " VALUES ($1, CURRENT_TIMESTAMP, $2, $2, $3, '/media/none', 'audio/mp4', '[]')",
        track_id,
        name,
        duration,
    )
    return str(track_id)


async def hear_through(room: Json, tracks: list[str], *clients: Client) -> None:
    """Listen to these tracks, one after the other, with everybody ready for each."""
    for track_id in tracks:
        waiting = await clients[0].hears("playback:state", on(track_id, status="waiting"))
        await all_ready(room, waiting["version"], *clients)


async def test_two_processes_go_on_once(pair: House, enter: Enter) -> None:
    ada, bob = [await enter(process) for process in pair.processes]
    room = await gather_in(ada, bob)
    tracks = [await put_track(pair, f"Song {n}", 0.4) for n in range(5)]
    await add(ada, room, *tracks)
    await ada.ok("playback:play", here(room))
    await hear_through(room, tracks, ada, bob)
    stopped = await bob.hears("playback:state", where(status="stopped"))
    assert stopped["reason"] == "ended"
    await ada.hears("playback:state", where(status="stopped"))
    for client in (ada, bob):
        states = client.heard("playback:state")
        assert [state["version"] for state in states] == list(range(1, stopped["version"] + 1))
        begun = [s["track"]["id"] for s in states if len(s["waitingFor"]) == 2]
        assert begun == tracks


@pytest.mark.parametrize("victim", [0, 1])
async def test_the_music_goes_on_when_a_process_is_killed(
    pair: House, enter: Enter, victim: int
) -> None:
    """One of the two has the lease; only the one that is killed has ever changed the room."""
    killed, left = pair.processes[victim], pair.processes[1 - victim]
    ada, bob = await enter(killed), await enter(left)
    room = await gather_in(ada)
    first, second = await put_track(pair, "First", 4.0), await put_track(pair, "Second", 60)
    await add(ada, room, first, second)
    playing = await play(room, ada)
    await bob.ok("room:join", here(room))
    await asyncio.to_thread(killed.kill)
    waiting = await bob.hears("playback:state", on(second), within_s=15)
    assert (waiting["reason"], waiting["version"]) == ("ended", playing["version"] + 1)
    # Whoever was on the killed process is not known to be gone yet, and holds nobody up for long.
    await bob.hears("playback:state", on(second, status="playing"), within_s=15)
    assert await queued(bob, room) == []


async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path, enter: Enter) -> None:
    house = House("killed", house_env(tmp_path))
    process = await asyncio.to_thread(house.start)
    ada = await enter(process)
    room = await gather_in(ada, visibility="private", queueOrder="votes")
    tracks = [await put_track(house, name, 600) for name in ("Now", "One", "Two")]
    items = await add(ada, room, *tracks[1:])
    await ada.ok("queue:vote", here(room, itemId=items[1], vote=1))
    playing = await play(room, ada, trackId=tracks[0], position=100)
    queue = await ada.ok("queue:list", here(room))
    await asyncio.to_thread(process.kill)
    ada = await enter(await asyncio.to_thread(house.start), same=ada)
    state = await ada.ok("room:join", here(room))
    assert state["playback"] == playing
    assert state["queue"] == queue
    assert [item["votes"] for item in queue] == [1, 0]
    paused = await ada.ok("playback:pause", here(room))
    now = (await ada.ok("clock:sync", {"clientTime": 0}))["sentAt"]
    position = 100 + (now - playing["anchorAt"]) / 1000
    assert paused["position"] == pytest.approx(position, abs=1.0)
    house.stop()


async def test_after_a_night_without_a_server_the_next_track_begins(
    tmp_path: Path, enter: Enter
) -> None:
    house = House("down", house_env(tmp_path))
    process = await asyncio.to_thread(house.start)
    ada = await enter(process)
    room = await gather_in(ada, visibility="private")
    tracks = [await put_track(house, name, 600) for name in ("One", "Two", "Three")]
    items = await add(ada, room, *tracks)
    await play(room, ada)
    await asyncio.to_thread(process.kill)
    night_ms = 8 * 3600 * 1000.0
    await house.execute(
        "UPDATE playbacks SET anchor_at = anchor_at - $1, due_at = due_at - $2", night_ms, night_ms
    )
    ada = await enter(await asyncio.to_thread(house.start), same=ada)
    await ada.ok("room:join", here(room))

    async def is_on() -> Json:
        state: Json = await ada.ok("playback:get", here(room))
        return state

    async with asyncio.timeout(10):
        while (await is_on())["queueItemId"] == items[0]:
            await asyncio.sleep(0.05)
    state = await is_on()
    assert (state["queueItemId"], state["position"]) == (items[1], 0)
    assert await queued(ada, room) == items[2:]
    house.stop()


async def test_a_paused_track_never_ends(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    room, other = await gather_in(ada), await gather_in(ada)
    await play(room, ada, trackId=await make_track(duration=0.5))
    paused = await ada.ok("playback:pause", here(room))
    # Another room comes to the end of two tracks, which takes longer than this one's would.
    tracks = [await make_track(duration=0.5) for _ in range(2)]
    await add(ada, other, *tracks)
    await ada.ok("playback:play", here(other))
    await hear_through(other, tracks, ada)
    await ada.hears("playback:state", where(roomId=other["id"], status="stopped"))
    assert await ada.ok("playback:get", here(room)) == paused
