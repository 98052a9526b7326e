"""What listeners report: that they are ready, what they hear, how far away they are."""

import asyncio

import pytest

from tests.conftest import Connect, MakeTrack
from tests.playing import (
    gather_in,
    play,
    where,
)
from tests.rooms import here
from tests.servers import House


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
    crowd = [await connect("bob", guest=True) for _ in range(30)]
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
