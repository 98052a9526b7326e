"""What follows a track: votes to skip, the queue, the playlist, and what is repeated."""

import asyncio
from typing import Any

from tests.client import Client
from tests.conftest import Connect, MakeTrack
from tests.playing import (
    add,
    all_ready,
    gather_in,
    make_playlist,
    on,
    play,
    queued,
    where,
)
from tests.rooms import Json, here
from tests.servers import House

# Votes to skip


async def test_a_vote_is_withdrawn_by_leaving(connect: Connect, make_track: MakeTrack) -> None:
    ada, bob, cyd, dan = [await connect(name) for name in ("ada", "bob", "cyd", "dan")]
    room = await gather_in(ada, bob, cyd, dan)
    playing = await play(room, ada, bob, cyd, dan, trackId=await make_track())
    vote = here(room, queueItemId=playing["queueItemId"])
    assert await bob.ok("playback:vote_skip", vote) == {"votes": 1, "needed": 3}
    await bob.ok("room:leave", here(room))
    await bob.ok("room:join", here(room))
    assert await cyd.ok("playback:vote_skip", vote) == {"votes": 1, "needed": 3}


async def test_when_a_listener_leaves_the_others_votes_may_suffice(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob, cyd = [await connect(name) for name in ("ada", "bob", "cyd")]
    room = await gather_in(ada, bob, cyd)
    playing = await play(room, ada, bob, cyd, trackId=await make_track())
    vote = here(room, queueItemId=playing["queueItemId"])
    await bob.ok("playback:vote_skip", vote)
    await ada.ok("room:leave", here(room))
    assert await cyd.ok("playback:get", here(room)) == await cyd.hears(
        "playback:state", where(version=playing["version"])
    )
    await cyd.ok("room:leave", here(room))
    stopped = await bob.hears("playback:state", where(reason="vote_skip"))
    assert stopped["status"] == "stopped"


async def test_a_vote_that_passes_skips_once(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    crowd = [await connect("bob", guest=True) for _ in range(5)]
    room = await gather_in(ada, *crowd)
    await add(ada, room, *[await make_track() for _ in range(3)])
    playing = await play(room, ada, *crowd)
    vote = here(room, queueItemId=playing["queueItemId"])
    answers = await asyncio.gather(*(each.call("playback:vote_skip", vote) for each in crowd))
    assert sum(answer["success"] for answer in answers) == 4
    assert [answer["code"] for answer in answers if not answer["success"]] == ["conflict"]
    last = await ada.ok("playback:get", here(room))
    assert last["version"] == playing["version"] + 1
    assert len(await queued(ada, room)) == 1


async def test_a_vote_for_what_is_not_on_is_a_conflict(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    (item,) = await add(ada, room, await make_track())
    answer = await ada.call("playback:vote_skip", here(room, queueItemId=item))
    assert (answer["code"], answer["data"]["status"]) == ("conflict", "stopped")


# What follows


async def skip_through(host: Client, room: Json, count: int) -> list[Any]:
    """Skip that often; the names of what comes on each time."""
    states = [await host.ok("playback:skip", here(room)) for _ in range(count)]
    return [state["track"] and state["track"]["name"] for state in states]


async def test_the_queue_comes_first_then_the_playlist_round_and_round(
    connect: Connect, make_track: MakeTrack, house: House
) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    mix = await make_playlist(house, ada, await make_track("A"), await make_track("B"))
    await ada.ok("room:update", here(room, autoplayPlaylistId=mix))
    first = await ada.ok("playback:play", here(room))
    assert (first["track"]["name"], first["reason"]) == ("A", "play")
    await add(ada, room, await make_track("Wish"))
    assert await skip_through(ada, room, 4) == ["Wish", "B", "A", "B"]
    await ada.ok("room:update", here(room, autoplayPlaylistId=None))
    assert await skip_through(ada, room, 1) == [None]


async def test_a_repeated_queue_goes_round_and_loses_its_votes(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    await ada.ok("room:update", here(room, repeat="queue"))
    items = await add(ada, room, *[await make_track(name) for name in ("A", "B", "C")])
    await ada.ok("queue:vote", here(room, itemId=items[0], vote=1))
    await ada.ok("playback:play", here(room))
    assert await skip_through(ada, room, 1) == ["B"]
    last = (await ada.ok("queue:list", here(room)))[-1]
    assert (last["id"], last["votes"]) == (items[0], 0)
    assert await skip_through(ada, room, 4) == ["C", "A", "B", "C"]


async def test_a_repeated_track_begins_anew_with_a_gate(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    await ada.ok("room:update", here(room, repeat="track"))
    track_id = await make_track(duration=0.5)
    await add(ada, room, await make_track())
    playing = await play(room, ada, trackId=track_id)
    again = await ada.hears("playback:state", on(track_id, reason="ended"))
    assert (again["status"], again["position"]) == ("waiting", 0)
    assert again["queueItemId"] == playing["queueItemId"]
    await all_ready(room, again["version"], ada)
    assert (await ada.ok("playback:skip", here(room)))["track"]["id"] != track_id
