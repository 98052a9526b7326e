"""The rows about memory: idle connections, and clients that stop reading."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from bench.accounting import PAGE_BYTES
from bench.crowd import Crowd, enter, guests
from bench.loads import closed_loop
from bench.rounds import Bench, run
from bench.sides import Installation, Target
from bench.table import Figure, compared

SOCKETS = Path("/proc/net/sockstat")
IDLE_ROOM = 20
SETTLE_S = 3.0
SOCKETS_EACH = 10
STALLED_BUFFER = 8192  # of a client's kernel, bytes: it would hide what the server has to keep
SPEAKERS = 16
LONG = b"x" * 1950
# Flat: from half of the time to its end it grows no more than this.
FLAT_MB = 8.0
MIB = 1024 * 1024


def idle(bench: Bench) -> list[Figure]:
    """Memory of 1,000 connections that are in rooms and do nothing."""
    count = bench.scale.part(1000)
    with bench.ground.both() as installations:
        ours, node = (idle_kb(bench, each, count) for each in installations)
    return [compared(f"f  memory an idle connection, of {count:,}", "KB", [ours], [node], 0.50)]


def idle_kb(bench: Bench, installation: Installation, count: int) -> float:
    """In a process that has not done anything else, so that nothing is there to be used again.

    Some are connected before: what a server loads once, and keeps for all, is not counted.
    """
    earlier = bench.scale.part(200)
    with installation.serve() as target:
        tokens = run(guests(target, earlier + count))

    async def measure(target: Target) -> float:
        first = await enter(target, tokens[:earlier], earlier // IDLE_ROOM)
        before = await settled_bytes(target)
        crowd = await enter(target, tokens[earlier:], count // IDLE_ROOM)
        after = await settled_bytes(target)
        connected = len(crowd.meters)
        for each in (first, crowd):
            bench.note_trouble("f  idle connections", each)
            each.close()
        return (after - before) / connected / 1024

    with installation.serve() as target:
        return run(measure(target))


async def settled_bytes(target: Target) -> int:
    """Memory when nothing is going on any more and garbage is gone."""
    for _ in range(2):
        await asyncio.sleep(SETTLE_S / 2)
        target.collect_garbage()
    await asyncio.sleep(SETTLE_S / 2)
    return target.rss_bytes()


def stalled(bench: Bench) -> list[Figure]:
    """Memory while 1,000 members of a room do not read what is said there."""
    count = bench.scale.part(1000)
    with bench.ground.both() as installations:
        curves = []
        for installation in installations:
            with installation.serve() as target:
                curves.append(run(stall(bench, target, count)))
    (ours, _), (node, _) = curves
    times = " / ".join(f"{moment:g}" for moment in moments(bench))
    return [
        Figure(
            work=f"g  memory of {count:,} clients that do not read, after 0 / {times} s",
            ours=curve_text(ours),
            node=curve_text(node),
            target="flat after the bound",
            met=is_flat(*curves[0]),
        )
    ]


def moments(bench: Bench) -> tuple[float, ...]:
    """When memory is looked at, in seconds of load."""
    return (2.0, 5.0, 10.0) if bench.scale.share == 1 else (1.0, 2.0, 4.0)


def curve_text(curve: Sequence[float]) -> str:
    return " / ".join(f"{megabytes:.0f}" for megabytes in curve) + " MB"


def is_flat(curve: Sequence[float], said: Sequence[int]) -> bool:
    """Whether memory grew no more in the last stretch, though the load went on."""
    return curve[-1] - curve[-2] <= FLAT_MB and said[-1] - said[-2] >= SPEAKERS


async def stall(bench: Bench, target: Target, count: int) -> tuple[list[float], list[int]]:
    """At the beginning and at each of the moments: memory in MB, and how much has been said."""
    crowd = await half_asleep(target, count)
    connected = target.open_files()
    load = asyncio.create_task(
        closed_loop(crowd.meters[:SPEAKERS], moments(bench)[-1], lambda meter: meter.say(LONG))
    )
    kernel, began_s = kernel_bytes(), time.monotonic()
    curve, said = [target.rss_bytes() / MIB], [0]
    for moment in moments(bench):
        await asyncio.sleep(began_s + moment - time.monotonic())
        curve.append((target.rss_bytes() + kernel_bytes() - kernel) / MIB)
        said.append(crowd.tally.acked)
    load.cancel()
    closed = max(0, connected - target.open_files())  # it may have opened some for the database
    bench.notes.append(
        f"g  clients that do not read, {target.name}: {said[-1]:,} messages of 2,000 characters, "
        f"{closed:,} of {count:,} clients closed by the server"
    )
    bench.note_trouble("g  speakers", crowd)
    crowd.abort()
    return curve, said


async def half_asleep(target: Target, count: int) -> Crowd:
    """One room: some speakers, who read, and `count` connections that do not."""
    tokens = await guests(target, count // SOCKETS_EACH)
    crowd = await enter(target, tokens[:1] * SPEAKERS + tokens * SOCKETS_EACH, 1)
    for sleeper in crowd.meters[SPEAKERS:]:
        sleeper.fall_asleep(STALLED_BUFFER)
    await asyncio.sleep(SETTLE_S)
    return crowd


def kernel_bytes() -> int:
    """What all TCP sockets of this machine hold: what a server has sent and nobody has read."""
    line = next(line for line in SOCKETS.read_text().splitlines() if line.startswith("TCP:"))
    return int(line.rpartition("mem ")[2].split()[0]) * PAGE_BYTES
