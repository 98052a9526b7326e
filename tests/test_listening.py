"""Rooms that play: the gate, the commands, and the server's own advance."""

import asyncio
import time
from typing import Any

import pytest

from tests.client import Client
from tests.conftest import Connect, MakeTrack


async def room_of(host: Client, *others: Client, **settings: Any) -> str:
    """A room that all of them have joined; its id."""
    made = await host.ok("room:create", {"name": "Listening", **settings})
    room_id: str = made["room"]["id"]
    for client in (host, *others):
        await client.ok("room:join", {"roomId": room_id})
    return room_id


def status_is(status: str) -> Any:
    return lambda playback: playback["status"] == status


def waits_for(track_id: str) -> Any:
    return lambda state: state["status"] == "waiting" and state["track"]["id"] == track_id


async def play(host: Client, room_id: str, track_id: str, *listeners: Client) -> Any:
    """Put a track on, have everybody ready, and give the playing state."""
    waiting = await host.ok("playback:play", {"roomId": room_id, "trackId": track_id})
    for client in (host, *listeners):
        ready = {"roomId": room_id, "version": waiting["version"]}
        await client.ok("playback:ready", ready)
    return await host.hears(
        "playback:state",
        lambda state: state["status"] == "playing" and state["version"] > waiting["version"],
    )


async def test_a_track_waits_until_everybody_is_ready(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room_id = await room_of(ada, bob)
    track_id = await make_track()
    waiting = await ada.ok("playback:play", {"roomId": room_id, "trackId": track_id})
    assert waiting["status"] == "waiting"
    assert set(waiting["waitingFor"]) == {ada.id, bob.id}
    assert waiting["track"]["id"] == track_id
    await bob.hears("playback:state", status_is("waiting"))
    await ada.ok("playback:ready", {"roomId": room_id, "version": waiting["version"]})
    one_left = await bob.hears("playback:state", lambda state: state["waitingFor"] == [bob.id])
    assert one_left["status"] == "waiting"
    await bob.ok("playback:ready", {"roomId": room_id, "version": waiting["version"]})
    playing = await bob.hears("playback:state", status_is("playing"))
    assert playing["waitingFor"] == []
    assert playing["anchorAt"] > time.time() * 1000
    assert await ada.ok("playback:get", {"roomId": room_id}) == playing


async def test_one_stalled_client_holds_a_room_for_three_seconds_at_most(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room_id = await room_of(ada, bob)
    command = {"roomId": room_id, "trackId": await make_track()}
    waiting = await ada.ok("playback:play", command)
    await ada.ok("playback:ready", {"roomId": room_id, "version": waiting["version"]})
    playing = await ada.hears("playback:state", status_is("playing"))
    assert playing["reason"] == "timeout"


async def test_a_listener_who_leaves_is_not_waited_for(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room_id = await room_of(ada, bob)
    command = {"roomId": room_id, "trackId": await make_track()}
    waiting = await ada.ok("playback:play", command)
    await ada.ok("playback:ready", {"roomId": room_id, "version": waiting["version"]})
    await bob.close()
    playing = await ada.hears("playback:state", status_is("playing"))
    assert playing["reason"] == "left"


async def test_the_server_computes_the_position_of_a_pause(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room_id = await room_of(ada, bob)
    playing = await play(ada, room_id, await make_track(duration=60), bob)
    await asyncio.sleep(1)
    paused = await ada.ok("playback:pause", {"roomId": room_id})
    at = (await ada.ok("clock:sync", {"clientTime": 0}))["sentAt"]
    assert paused["status"] == "paused"
    assert 0 < paused["position"] <= (at - playing["anchorAt"]) / 1000
    assert await bob.hears("playback:state", status_is("paused")) == paused
    resumed = await ada.ok("playback:play", {"roomId": room_id})
    assert (resumed["status"], resumed["position"]) == ("playing", paused["position"])
    assert resumed["anchorAt"] >= at


async def test_a_stale_version_is_a_conflict_with_the_state_as_it_is(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    room_id = await room_of(ada)
    playing = await play(ada, room_id, await make_track())
    stale = {"roomId": room_id, "ifVersion": playing["version"] - 1}
    answer = await ada.call("playback:pause", stale)
    assert answer["code"] == "conflict"
    assert answer["data"] == playing


async def test_of_two_commands_at_once_one_wins_and_all_end_the_same(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room_id = await room_of(ada, bob, controlMode="everyone")
    playing = await play(ada, room_id, await make_track(duration=600), bob)
    version = playing["version"]
    for position in range(10, 100, 10):
        command = {"roomId": room_id, "ifVersion": version}
        answers = await asyncio.gather(
            ada.call("playback:seek", {**command, "position": position}),
            bob.call("playback:pause", command),
        )
        assert sorted(answer["success"] for answer in answers) == [False, True]
        winner = next(answer["data"] for answer in answers if answer["success"])
        version = winner["version"]
        if winner["status"] == "paused":
            version = (await ada.ok("playback:play", {"roomId": room_id}))["version"]
    last = await ada.ok("playback:get", {"roomId": room_id})
    for client in (ada, bob):
        await client.hears("playback:state", lambda state: state["version"] == version)
        versions = [state["version"] for state in client.heard("playback:state")]
        assert versions == sorted(set(versions))
        assert client.heard("playback:state")[-1] == last


async def test_the_server_goes_on_to_the_next_track_exactly_once(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room_id = await room_of(ada, bob)
    tracks = [await make_track(name, duration=0.6) for name in ("One", "Two", "Three")]
    for track_id in tracks:
        await bob.ok("queue:add", {"roomId": room_id, "trackId": track_id})
    await ada.ok("playback:play", {"roomId": room_id})
    for track_id in tracks:
        waiting = await bob.hears(
            "playback:state",
            waits_for(track_id),
        )
        for client in (ada, bob):
            ready = {"roomId": room_id, "version": waiting["version"]}
            await client.ok("playback:ready", ready)
    stopped = await bob.hears("playback:state", status_is("stopped"))
    assert stopped["reason"] == "ended"
    heard = [s["track"]["id"] for s in bob.heard("playback:state") if len(s["waitingFor"]) == 2]
    assert heard == tracks


async def test_only_who_may_steer_steers(connect: Connect, make_track: MakeTrack) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room_id = await room_of(ada, bob)
    command = {"roomId": room_id, "trackId": await make_track()}
    assert await bob.refused("playback:play", command) == "forbidden"
    await ada.ok("room:update", {"roomId": room_id, "controlMode": "djs"})
    assert await bob.refused("playback:play", command) == "forbidden"
    await ada.ok("room:set_role", {"roomId": room_id, "userId": bob.id, "role": "dj"})
    await bob.ok("playback:play", command)


async def test_enough_votes_skip_and_each_user_counts_once(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob, cyd = await connect("ada"), await connect("bob"), await connect("cyd")
    room_id = await room_of(ada, bob, cyd)
    await ada.ok("queue:add", {"roomId": room_id, "trackId": await make_track("Next")})
    playing = await play(ada, room_id, await make_track("First"), bob, cyd)
    vote = {"roomId": room_id, "queueItemId": playing["queueItemId"]}
    assert await bob.ok("playback:vote_skip", vote) == {"votes": 1, "needed": 2}
    assert await bob.ok("playback:vote_skip", vote) == {"votes": 1, "needed": 2}
    assert await cyd.ok("playback:vote_skip", vote) == {"votes": 2, "needed": 2}
    skipped = await ada.hears("playback:state", lambda state: state["reason"] == "vote_skip")
    assert skipped["track"]["name"] == "Next"
    assert await bob.refused("playback:vote_skip", vote) == "conflict"


async def test_a_late_joiner_changes_nothing_for_the_others(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, bob = await connect("ada"), await connect("bob")
    room_id = await room_of(ada)
    playing = await play(ada, room_id, await make_track())
    joined = await bob.ok("room:join", {"roomId": room_id})
    assert joined["playback"] == playing
    assert await ada.ok("playback:get", {"roomId": room_id}) == playing


async def test_a_report_is_told_how_far_it_is_off(connect: Connect, make_track: MakeTrack) -> None:
    ada = await connect("ada")
    room_id = await room_of(ada)
    playing = await play(ada, room_id, await make_track())
    at = playing["anchorAt"] + 1000
    report = {"roomId": room_id, "version": playing["version"], "at": at, "rtt": 20, "jitter": 2}
    await asyncio.sleep(max(0.0, at / 1000 - time.time()))
    advice = await ada.ok("playback:report", {**report, "position": 1.1})
    assert advice["drift"] == pytest.approx(100, abs=1)
    assert advice["action"] == "nudge"
    advice = await ada.ok("playback:report", {**report, "position": 9})
    assert advice["action"] == "seek"


async def test_two_sockets_of_one_user_are_one_listener(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada = await connect("ada")
    phone = await connect(same=ada)
    room_id = await room_of(ada)
    await phone.ok("room:join", {"roomId": room_id})
    waiting = await ada.ok("playback:play", {"roomId": room_id, "trackId": await make_track()})
    assert waiting["waitingFor"] == [ada.id]
    await phone.close()
    state = await ada.ok("playback:get", {"roomId": room_id})
    assert (state["status"], state["version"]) == ("waiting", waiting["version"])


async def test_a_room_nobody_may_see_has_no_playback(
    connect: Connect, make_track: MakeTrack
) -> None:
    ada, eve = await connect("ada"), await connect("eve")
    room_id = await room_of(ada, visibility="private")
    track_id = await make_track()
    for event in ("get", "play", "pause", "skip"):
        assert await eve.refused(f"playback:{event}", {"roomId": room_id}) == "not_found"
    command = {"roomId": room_id, "trackId": track_id}
    assert await eve.refused("queue:add", command) == "not_found"
