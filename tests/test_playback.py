"""What a room plays: commands, and who may give them."""

from uuid import uuid4

import pytest

from tests.conftest import Connect, MakeTrack
from tests.playing import (
    PLAYBACK_KEYS,
    add,
    gather_in,
    play,
    queued,
    where,
)
from tests.rooms import Json, here, open_room

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
    assert await bob.hears("playback:state", where(status="playing")) == playing
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
