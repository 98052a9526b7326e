"""Rounds of load, on both servers in turns, and what is noted beside the figures."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, TypeVar

import uvloop

from bench.crowd import Crowd
from bench.loads import Cost
from bench.sides import Ground

Result = TypeVar("Result")
Round = Callable[[Crowd], Awaitable[Cost]]


@dataclass(frozen=True)
class Scale:
    """How much is measured: seconds and rounds of a load, and parts of the issue's sizes."""

    rounds: int = 5
    seconds: float = 3.0
    share: float = 1.0

    def part(self, size: int) -> int:
        return max(1, int(size * self.share))


@dataclass
class Bench:
    """Where rows are measured, and what is noted while they are."""

    ground: Ground
    scale: Scale
    notes: list[str] = field(default_factory=list)

    def note(self, what: str, name: str, costs: Sequence[Cost]) -> None:
        """Tell how busy both ends were, and what went wrong."""
        busy = median(cost.busy for cost in costs)
        generator = median(cost.generator_busy for cost in costs)
        acked = median(cost.acked / cost.elapsed_s for cost in costs)
        heard = median(cost.deliveries / cost.elapsed_s for cost in costs)
        text = (
            f"{what}, {name}: core {busy:.0%} busy, generator {generator:.0%}, {acked:,.0f} acks/s"
        )
        if heard:
            size = median(cost.bytes / max(1, cost.deliveries) for cost in costs)
            text += f", {heard:,.0f} deliveries/s of {size:,.0f} bytes"
        if missing := sum(cost.missing for cost in costs):
            text += f", {missing:,} DELIVERIES MISSING"
        self.notes.append(text)

    def note_trouble(self, what: str, crowd: Crowd) -> None:
        """Tell of refused events and lost connections, if there were any."""
        tally = crowd.tally
        if tally.refused or tally.lost:
            self.notes.append(
                f"{what}, {crowd.target.name}: {tally.refused} EVENTS REFUSED, "
                f"{tally.lost} CONNECTIONS LOST"
            )


def run(measuring: Coroutine[Any, Any, Result]) -> Result:
    """On an event loop that costs little."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(measuring)


async def interleaved(
    bench: Bench, what: str, crowds: Sequence[Crowd], load: Round
) -> tuple[list[Cost], list[Cost]]:
    """The rounds of each crowd, in turns; the first one is to warm up and is not counted."""
    found: list[list[Cost]] = [[], []]
    for number in range(bench.scale.rounds + 1):
        for side in order(number):
            found[side].append(await load(crowds[side]))
    ours, node = (costs[1:] for costs in found)
    for costs, crowd in zip((ours, node), crowds, strict=True):
        bench.note(what, crowd.target.name, costs)
        bench.note_trouble(what, crowd)
    return ours, node


def order(number: int) -> tuple[int, int]:
    """Who comes first takes turns too."""
    return (1, 0) if number % 2 else (0, 1)
