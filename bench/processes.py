"""The row about many processes: what two of them deliver, beside one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from bench.accounting import children, cpu_s
from bench.crowd import Crowd, in_rooms
from bench.loads import saturate
from bench.rounds import Bench, order, run
from bench.sides import Target
from bench.table import Figure
from tests.servers import redis_server

ROOMS, SIZE, SPEAKERS_EACH = 10, 20, 16
WORK = f"h  deliveries a CPU second of the busiest process, {ROOMS} rooms of {SIZE}, two beside one"
TARGET = "≥ 1.70 x one"


@dataclass(frozen=True)
class Share:
    """One round: what was delivered, and what it cost each process of the server."""

    deliveries: int
    cpu_s: Sequence[float]

    @property
    def capacity(self) -> float:
        """Deliveries a second when the busiest process has a core for itself, and is at its end."""
        return self.deliveries / max(self.cpu_s)


def two_processes(bench: Bench) -> list[Figure]:
    """The same rooms on one process and on two, each server with a Redis of its own."""
    with (
        serving(bench, workers=1) as single,
        serving(bench, workers=2) as double,
    ):
        if len(children(double.pid)) < 2:
            return [Figure(WORK, ours="not supported", target=TARGET, met=False)]
        return [run(measure(bench, (single, double)))]


@contextmanager
def serving(bench: Bench, workers: int) -> Iterator[Target]:
    """Our server as so many processes."""
    ground = bench.ground
    with (
        redis_server(ground.folder / f"redis-{workers}") as redis_url,
        ground.install_ours() as installation,
        installation.serve(REDIS_URL=redis_url, WORKERS=str(workers)) as target,
    ):
        yield target


async def measure(bench: Bench, targets: Sequence[Target]) -> Figure:
    """Rounds in turns; the first one is to warm up."""
    crowds = [
        await in_rooms(target, ROOMS, SIZE, workers) for workers, target in enumerate(targets, 1)
    ]
    found: list[list[Share]] = [[], []]
    for number in range(bench.scale.rounds + 1):
        for side in order(number):
            found[side].append(await load(crowds[side], bench.scale.seconds))
    one, two = (median(share.capacity for share in shares[1:]) for shares in found)
    evenness = median(max(share.cpu_s) / sum(share.cpu_s) for share in found[1][1:])
    bench.notes.append(f"h  two processes: the busiest did {evenness:.0%} of the work")
    for crowd in crowds:
        bench.note_trouble(WORK, crowd)
    return Figure(
        work=WORK,
        ours=f"{two / 1000:.1f} k beside {one / 1000:.1f} k",
        ratio=f"{two / one:.2f}",
        target=TARGET,
        met=two >= 1.7 * one,
    )


async def load(crowd: Crowd, seconds: float) -> Share:
    """Saturate the rooms: most in each speak, all with one message under way."""
    processes = [crowd.target.pid, *children(crowd.target.pid)]
    before = [cpu_s(pid) for pid in processes]
    speakers = [meter for room in crowd.rooms for meter in room[:SPEAKERS_EACH]]
    cost = await saturate(crowd, speakers, seconds, SIZE)
    spent = [cpu_s(pid) - start for pid, start in zip(processes, before, strict=True)]
    return Share(cost.deliveries, spent)
