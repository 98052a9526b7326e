"""The rows of the table that compare CPU and latency: deliveries, acknowledgements, handshakes."""

import asyncio
from collections.abc import Sequence
from statistics import median

from bench.crowd import Crowd, at_once, guests, in_rooms
from bench.loads import Cost, measure_clocks, one_by_one, paced, saturate
from bench.rounds import Bench, interleaved, order, run
from bench.sides import Target
from bench.table import Figure, compared
from bench.wire import Wire

IN_FLIGHT = 16
HANDSHAKES_AT_ONCE = 20


def one_room(bench: Bench) -> list[Figure]:
    """A room of 200: as fast as the server can, and one message at a time."""
    scale = bench.scale

    async def many(crowd: Crowd) -> Cost:
        return await saturate(crowd, crowd.rooms[0][:IN_FLIGHT], scale.seconds, 200)

    async def single(crowd: Crowd) -> Cost:
        return await one_by_one(crowd, scale.seconds)

    async def measure(targets: Sequence[Target]) -> list[Figure]:
        crowds = [await in_rooms(target, 1, 200) for target in targets]
        figures = []
        for work, load, at_most in (
            ("a  CPU a delivery, one room of 200, saturated", many, 0.25),
            ("b  CPU a delivery, one room of 200, one message at a time", single, 0.75),
        ):
            ours, node = await interleaved(bench, work, crowds, load)
            figures.append(cpu_figure(work, ours, node, at_most))
        return figures

    with bench.ground.both_serving() as targets:
        return run(measure(targets))


def hundred_rooms(bench: Bench) -> list[Figure]:
    """100 rooms of 20, 1,000 messages a second: CPU and latency."""
    rooms, per_second = bench.scale.part(100), bench.scale.part(1000)
    work = f"c  CPU a delivery, {rooms} rooms of 20, {per_second:,} messages/s"

    async def load(crowd: Crowd) -> Cost:
        return await paced(crowd, per_second, bench.scale.seconds)

    async def measure(targets: Sequence[Target]) -> list[Figure]:
        crowds = [await in_rooms(target, rooms, 20) for target in targets]
        ours, node = await interleaved(bench, work, crowds, load)
        return [cpu_figure(work, ours, node, 0.70), latency_figure(ours, node)]

    with bench.ground.both_serving() as targets:
        return run(measure(targets))


def latency_figure(ours: Sequence[Cost], node: Sequence[Cost]) -> Figure:
    """From saying to hearing: half and 99 of 100 deliveries."""

    def middle(costs: Sequence[Cost], share: float) -> float:
        return median(cost.percentile_ms(share) for cost in costs)

    mine, theirs = middle(ours, 0.99), middle(node, 0.99)
    return Figure(
        work="   latency of the same, p50 / p99",
        ours=f"{middle(ours, 0.5):.1f} / {mine:.1f} ms",
        node=f"{middle(node, 0.5):.1f} / {theirs:.1f} ms",
        ratio=f"{mine / theirs:.2f}" if theirs else "-",
        target="p99 no worse",
        met=mine <= theirs and not any(cost.missing for cost in ours),
    )


def acknowledged(bench: Bench) -> list[Figure]:
    """`clock:sync` from 50 connections, each with one under way."""
    work = "d  CPU an acknowledged event, no fan-out"

    async def load(crowd: Crowd) -> Cost:
        return await measure_clocks(crowd, bench.scale.seconds)

    async def measure(targets: Sequence[Target]) -> list[Figure]:
        crowds = [await in_rooms(target, 1, 50) for target in targets]
        ours, node = await interleaved(bench, work, crowds, load)
        mine, theirs = ([cost.us_an_ack for cost in costs] for costs in (ours, node))
        return [compared(work, "µs", mine, theirs, 0.80)]

    with bench.ground.both_serving() as targets:
        return run(measure(targets))


def handshakes(bench: Bench) -> list[Figure]:
    """Connect, join the namespace, be greeted, close: some at a time."""
    count = bench.scale.part(300)

    async def shake(target: Target, tokens: Sequence[str]) -> float:
        async def one(token: str) -> None:
            (await Wire.connect(target.url, token)).close()

        before_s = target.cpu_s()
        await at_once(one, [tokens[n % len(tokens)] for n in range(count)], HANDSHAKES_AT_ONCE)
        await asyncio.sleep(0.5)  # what the server does when a connection is gone belongs to it
        return (target.cpu_s() - before_s) * 1e6 / count

    async def measure(targets: Sequence[Target]) -> list[Figure]:
        tokens = [await guests(target, HANDSHAKES_AT_ONCE) for target in targets]
        found: list[list[float]] = [[], []]
        for number in range(bench.scale.rounds + 1):
            for side in order(number):
                found[side].append(await shake(targets[side], tokens[side]))
        ours, node = (each[1:] for each in found)  # the first round was to warm up
        return [compared("e  CPU a handshake", "µs", ours, node, 0.50)]

    with bench.ground.both_serving() as targets:
        return run(measure(targets))


def cpu_figure(work: str, ours: Sequence[Cost], node: Sequence[Cost], at_most: float) -> Figure:
    mine, theirs = ([cost.us_a_delivery for cost in costs] for costs in (ours, node))
    whole = not any(cost.missing for cost in ours)
    return compared(work, "µs", mine, theirs, at_most, whole=whole)
