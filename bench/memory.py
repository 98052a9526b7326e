"""The rows about memory: idle connections, and clients that stop reading."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from bench.accounting import PAGE_BYTES
from bench.crowd import enter, guests, in_rooms
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
DIED = "THE SERVER DIED"
MIB = 1024 * 1024


def idle(bench: Bench) -> list[Figure]:
    """Memory of 1,000 connections that are in rooms and do nothing."""
    count = bench.scale.part(1000)
    with bench.ground.both() as installations:
        ours, node = (idle_kb(installation, count) for installation in installations)
    return [compared(f"memory an idle connection, of {count:,}", "KB", [ours], [node], 0.50)]


def idle_kb(installation: Installation, count: int) -> float:
    """In a process that has not done anything else, so that nothing is there to be used again."""
    with installation.serve() as target:
        tokens = run(guests(target, count))

    async def measure(target: Target) -> float:
        warm = await in_rooms(target, 1, IDLE_ROOM)
        warm.close()
        before = await settled_bytes(target)
        crowd = await enter(target, tokens, count // IDLE_ROOM)
        after = await settled_bytes(target)
        crowd.close()
        return (after - before) / len(crowd.meters) / 1024

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
    ours, node = curves
    times = " / ".join(f"{moment:g}" for moment in moments(bench))
    return [
        Figure(
            work=f"memory of {count:,} clients that do not read, after 0 / {times} s",
            ours=curve_text(ours),
            node=curve_text(node),
            target="flat after the bound",
            met=len(ours) == len(moments(bench)) + 1 and ours[-1] - ours[-2] <= FLAT_MB,
        )
    ]


def moments(bench: Bench) -> tuple[float, ...]:
    """When memory is looked at, in seconds of load."""
    return (2.0, 5.0, 10.0) if bench.scale.share == 1 else (1.0, 2.0, 4.0)


def curve_text(curve: Sequence[float]) -> str:
    return " / ".join(f"{megabytes:.0f}" for megabytes in curve) + " MB"


async def stall(bench: Bench, target: Target, count: int) -> list[float]:
    """Memory in MB at the beginning and at each of the moments; shorter where the server died."""
    tokens = await guests(target, count // SOCKETS_EACH)
    crowd = await enter(target, tokens[:1] * SPEAKERS + tokens * SOCKETS_EACH, 1)
    speakers, sleepers = crowd.meters[:SPEAKERS], crowd.meters[SPEAKERS:]
    for sleeper in sleepers:
        sleeper.fall_asleep(STALLED_BUFFER)
    await asyncio.sleep(SETTLE_S)
    connected, kernel = target.open_files(), kernel_bytes()
    seconds = moments(bench)[-1]
    load = asyncio.create_task(closed_loop(speakers, seconds, lambda meter: meter.say(LONG)))
    curve = [target.rss_bytes() / MIB]
    began_s = time.monotonic()
    for moment in moments(bench):
        await asyncio.sleep(began_s + moment - time.monotonic())
        if not target.is_alive():
            break
        curve.append((target.rss_bytes() + kernel_bytes() - kernel) / MIB)
    closed = (
        f"{connected - target.open_files():,} connections closed" if target.is_alive() else DIED
    )
    what = f"clients that do not read, {target.name}: {crowd.tally.acked:,} messages, {closed}"
    bench.notes.append(what)
    load.cancel()
    crowd.abort()
    return curve


def kernel_bytes() -> int:
    """What all TCP sockets of this machine hold: what a server has sent and nobody has read."""
    line = next(line for line in SOCKETS.read_text().splitlines() if line.startswith("TCP:"))
    return int(line.rpartition("mem ")[2].split()[0]) * PAGE_BYTES
