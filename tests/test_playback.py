"""What a room plays: commands and who may give them, the gate, votes to skip, what follows."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from tests.client import Client
from tests.conftest import Connect, MakeTrack
from tests.playing import (
    PLAYBACK_KEYS,
    add,
    all_ready,
    gather_in,
    make_playlist,
    on,
    play,
    queued,
    where,
)
from tests.rooms import Json, here, open_room
from tests.servers import House

COMMANDS: dict[str, Json] = {
    "playback:play": {},
    "playback:pause": {},
    "playback:seek": {"position": 1},
    "playback:set_rate": {"rate": 1.5},
    "playback:skip": {},
}
FOR_LISTENERS: dict[str, Json] = {
    "playback:ready": {"version": 1},
    "playback:report": {"version": 1, "position": 0, "at": 0},
    "playback:vote_skip": {"queueItemId": str(uuid4())},
}


# Who may


async def test_a_hidden_room_plays_nothing_for_strangers(connect: Connect) -> None:
    ada, eve = await connect("ada"), await connect("eve")
    room = await open_room(ada, visibility="private", controlMode="everyone")
    for event, payload in {**COMMANDS, **FOR_LISTENERS, "playback:get": {}}.items():
        unknown = {"roomId": str(uuid4()), **payload}
        answer = await eve.call(event, here(room, **payload))
        assert answer == await eve.call(event, unknown), event
        assert answer["code"] == "not_found", event


async def test_who_has_not_joined_may_only_look(connect: Connect) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await open_room(ada, controlMode="everyone")
    for event, payload in {**COMMANDS, **FOR_LISTENERS}.items():
        assert await bob.refused(event, here(room, **payload)) == "forbidden", event
    assert (await bob.ok("playback:get", here(room)))["status"] == "stopped"


@pytest.mark.parametrize(
    ("mode", "role", "may"),
    [
        ("host", "dj", False),
        ("djs", "listener", False),
        ("djs", "dj", True),
        ("everyone", "listener", True),
    ],
)
async def test_the_control_mode_says_who_steers(
    connect: Connect, make_track: MakeTrack, mode: str, role: str, may: bool
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob, controlMode=mode)
    await ada.ok("room:set_role", here(room, userId=bob.id, role=role))
    await add(bob, room, await make_track())
    for event, payload in COMMANDS.items():
        answer = await bob.call(event, here(room, **payload))
        assert answer.get("code", "") == ("" if may else "forbidden"), event


# Commands


async def test_a_playback_has_all_that_the_contract_names(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    stopped = await ada.ok("playback:get", here(room))
    assert set(stopped) == PLAYBACK_KEYS
    assert (stopped["status"], stopped["version"], stopped["track"]) == ("stopped", 0, None)
    track_id = await make_track("Song", duration=12.5)
    playing = await play(room, ada, trackId=track_id, position=2)
    assert set(playing) == PLAYBACK_KEYS
    assert (playing["roomId"], playing["position"], playing["rate"]) == (room["id"], 2, 1)
    assert (playing["reason"], playing["changedBy"]) == ("ready", None)
    assert playing["queueItemId"]
    assert playing["track"] == await ada.ok("track:get", {"trackId": track_id})


async def test_a_track_plays_now_and_the_queue_stays(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    items = await add(ada, room, await make_track(), await make_track())
    first = await ada.ok("playback:play", here(room))
    assert first["queueItemId"] == items[0]
    now = await make_track("Now")
    second = await ada.ok("playback:play", here(room, trackId=now))
    assert (second["track"]["id"], second["changedBy"]) == (now, ada.id)
    assert await queued(ada, room) == items[1:]
    third = await ada.ok("playback:skip", here(room))
    assert third["queueItemId"] == items[1]


async def test_a_room_without_anything_to_play_says_so(connect: Connect) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    now = await ada.ok("playback:get", here(room))
    for event, payload in COMMANDS.items():
        if event != "playback:set_rate":
            answer = await ada.call(event, here(room, **payload))
            assert (answer["code"], answer["data"]) == ("conflict", now), event
    assert await ada.refused("playback:play", here(room, trackId=str(uuid4()))) == "not_found"
    assert await ada.ok("playback:get", here(room)) == now


async def test_what_changes_nothing_is_told_to_nobody(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob)
    playing = await play(room, ada, bob, trackId=await make_track())
    bob.forget()
    assert await ada.ok("playback:play", here(room)) == playing
    assert await ada.ok("playback:set_rate", here(room, rate=1)) == playing
    paused = await ada.ok("playback:pause", here(room))
    assert await ada.ok("playback:pause", here(room)) == paused
    assert await ada.ok("playback:seek", here(room, position=paused["position"])) == paused
    resumed = await ada.ok("playback:play", here(room))
    await bob.hears("playback:state", where(version=resumed["version"]))
    assert bob.heard("playback:state") == [paused, resumed]


async def test_a_seek_goes_there_ahead_of_time(connect: Connect, make_track: MakeTrack) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob)
    await play(room, ada, bob, trackId=await make_track(duration=100))
    sought = await ada.ok("playback:seek", here(room, position=42.25))
    now = (await ada.ok("clock:sync", {"clientTime": 0}))["sentAt"]
    assert (sought["status"], sought["position"], sought["reason"]) == ("playing", 42.25, "seek")
    assert now - 1000 < sought["anchorAt"] < now + 1500
    assert await bob.hears("playback:state", where(reason="seek")) == sought
    await ada.ok("playback:pause", here(room))
    assert (await ada.ok("playback:seek", here(room, position=1e6)))["position"] == 100


async def test_a_rate_changes_nothing_about_where_the_room_is(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    playing = await play(room, ada, trackId=await make_track(duration=100), position=50)
    faster = await ada.ok("playback:set_rate", here(room, rate=2))
    elapsed_s = (faster["anchorAt"] - playing["anchorAt"]) / 1000
    assert faster["position"] == pytest.approx(50 + elapsed_s, abs=1e-3)
    assert faster["rate"] == 2
    assert (await play(room, ada, trackId=await make_track()))["rate"] == 2


async def test_a_start_lies_ahead_by_what_its_listeners_measured(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob)
    playing = await play(room, ada, bob, trackId=await make_track(duration=100))
    about = here(room, version=playing["version"], position=0, at=playing["anchorAt"])
    await ada.ok("playback:report", {**about, "rtt": 30})
    await bob.ok("playback:report", {**about, "rtt": 200, "jitter": 200, "outputLatency": 150})

    async def lead_ms() -> float:
        before = (await ada.ok("clock:sync", {"clientTime": 0}))["sentAt"]
        sought = await ada.ok("playback:seek", here(room, position=1))
        lead: float = sought["anchorAt"] - before
        return lead

    assert await lead_ms() >= 200 + 4 * 200 + 150
    await bob.ok("room:leave", here(room))
    # Ada alone is so near that a start as far ahead as Bob needs it would not be for her.
    assert await lead_ms() < 200 + 4 * 200 + 150


# The gate


async def test_one_who_is_not_connected_is_not_waited_for(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob)
    await bob.close()
    await ada.hears("room:member_updated", lambda e: not e["member"]["connected"])
    waiting = await ada.ok("playback:play", here(room, trackId=await make_track()))
    assert waiting["waitingFor"] == [ada.id]


async def test_many_reports_at_once_are_few_broadcasts(
    connect: Connect, make_track: MakeTrack, house: House
) -> None:
    ada = await connect("ada")
    crowd = [await connect("bob") for _ in range(30)]
    room = await gather_in(ada, *crowd)
    waiting = await ada.ok("playback:play", here(room, trackId=await make_track()))
    assert len(waiting["waitingFor"]) == 31
    report = here(room, version=waiting["version"])
    answers = await asyncio.gather(*(each.ok("playback:ready", report) for each in (ada, *crowd)))
    playing = await ada.hears("playback:state", where(status="playing"))
    assert playing["reason"] == "ready"
    assert {answer["version"] for answer in answers} <= {
        state["version"] for state in ada.heard("playback:state")
    }
    # Some batches for each process at most, while 31 reports come in.
    assert playing["version"] - waiting["version"] <= 6 * len(house.urls)


async def test_a_report_for_the_track_before_is_a_conflict_with_the_state(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room = await gather_in(ada, bob)
    first = await ada.ok("playback:play", here(room, trackId=await make_track()))
    second = await ada.ok("playback:play", here(room, trackId=await make_track()))
    answer = await bob.call("playback:ready", here(room, version=first["version"]))
    assert (answer["code"], answer["data"]) == ("conflict", second)
    answer = await bob.call("playback:report", here(room, version=1, position=0, at=0))
    assert (answer["code"], answer["data"]) == ("conflict", second)


async def test_who_is_ready_again_changes_nothing(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    playing = await play(room, ada, trackId=await make_track())
    for version in (playing["version"], playing["version"] - 1):
        assert await ada.ok("playback:ready", here(room, version=version)) == playing


async def test_a_client_that_buffers_is_told_to_go_on_loading(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    room = await gather_in(ada)
    playing = await play(room, ada, trackId=await make_track(), position=10)
    report = here(room, version=playing["version"], position=2, at=playing["anchorAt"])
    assert (await ada.ok("playback:report", report))["action"] == "seek"
    advice = await ada.ok("playback:report", {**report, "buffering": True})
    assert (advice["action"], advice["rate"]) == ("none", 1)
    assert advice["drift"] == pytest.approx(-8000, abs=1)


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
    crowd = [await connect("bob") for _ in range(5)]
    room = await gather_in(ada, *crowd)
    await add(ada, room, *[await make_track() for _ in range(3)])
    playing = await play(room, ada, *crowd)
    vote = here(room, queueItemId=playing["queueItemId"])
    answers = await asyncio.gather(*(each.call("playback:vote_skip", vote) for each in crowd))
    assert sum(answer["success"] for answer in answers) == 4
    assert sorted(answer.get("code", "") for answer in answers)[-1] == "conflict"
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
