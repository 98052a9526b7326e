"""How a crowd is put under load, and what that cost the server."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.crowd import Crowd
from bench.meter import Meter

FILLER = (
    b"Do you hear what I hear? It is the song that we sang last summer, by the lake, all night."
)
PATIENCE_S = 15.0


@dataclass(frozen=True)
class Cost:
    """What one round of load did. `missing` deliveries had not arrived when we stopped waiting."""

    deliveries: int
    acked: int
    missing: int
    cpu_s: float
    generator_cpu_s: float
    elapsed_s: float
    bytes: int
    latencies_ns: Sequence[int] = ()

    @property
    def us_a_delivery(self) -> float:
        return self.cpu_s * 1e6 / max(1, self.deliveries)

    @property
    def us_an_ack(self) -> float:
        return self.cpu_s * 1e6 / max(1, self.acked)

    @property
    def busy(self) -> float:
        """The server's share of a core."""
        return self.cpu_s / self.elapsed_s

    @property
    def generator_busy(self) -> float:
        return self.generator_cpu_s / self.elapsed_s

    def percentile_ms(self, share: float) -> float:
        """How long that share of the deliveries took at most."""
        ordered = sorted(self.latencies_ns)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1e6 if ordered else 0.0


class Clock:
    """Begins a round; `stop` waits until all that was acknowledged has been delivered."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        crowd.tally.clear()
        self._began_s = time.monotonic()
        self._cpu_s, self._own_cpu_s = crowd.target.cpu_s(), time.process_time()

    async def stop(self, size: int, said: int | None = None) -> Cost:
        """The round's cost; each message `said`, or acknowledged, goes to `size` connections."""
        tally = self._crowd.tally
        expected = (tally.acked if said is None else said) * size
        await tally.hear(expected, PATIENCE_S)
        return Cost(
            deliveries=tally.heard,
            acked=tally.acked,
            missing=max(0, expected - tally.heard),
            cpu_s=self._crowd.target.cpu_s() - self._cpu_s,
            generator_cpu_s=time.process_time() - self._own_cpu_s,
            elapsed_s=time.monotonic() - self._began_s,
            bytes=tally.bytes,
            latencies_ns=tally.latencies_ns or (),
        )


async def saturate(crowd: Crowd, speakers: Sequence[Meter], seconds: float, size: int) -> Cost:
    """Each speaker has one message under way at any time."""
    clock = Clock(crowd)
    await closed_loop(speakers, seconds, lambda meter: meter.say(FILLER))
    return await clock.stop(size)


async def one_by_one(crowd: Crowd, seconds: float) -> Cost:
    """A message is said when all have heard the last one: there is nothing to write together."""
    clock, room, said = Clock(crowd), crowd.rooms[0], 0
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        room[said % len(room)].say(FILLER)
        said += 1
        await crowd.tally.hear(said * len(room), PATIENCE_S)
    return await clock.stop(len(room), said)


async def paced(crowd: Crowd, per_second: int, seconds: float) -> Cost:
    """So many messages a second, evenly, whatever the server does; their latencies are kept.

    The rooms take turns, and the members of each room.
    """
    crowd.tally.latencies_ns = []
    clock, began_s, said = Clock(crowd), time.monotonic(), 0
    total = int(per_second * seconds)
    while said < total:
        due = min(total, int((time.monotonic() - began_s) * per_second) + 1)
        for number in range(said, due):
            turn, place = divmod(number, len(crowd.rooms))
            room = crowd.rooms[place]
            room[turn % len(room)].say(FILLER)
        said = due
        await asyncio.sleep(0.001)
    cost = await clock.stop(len(crowd.rooms[0]), said)
    crowd.tally.latencies_ns = None
    return cost


async def measure_clocks(crowd: Crowd, seconds: float) -> Cost:
    """Each connection asks for the time, and again as soon as it is told."""
    event = json.dumps(["clock:sync", {"clientTime": 1_700_000_000_000.25}]).encode()
    clock = Clock(crowd)
    await closed_loop(crowd.meters, seconds, lambda meter: meter.send(event))
    return await clock.stop(0)


async def closed_loop(
    speakers: Sequence[Meter], seconds: float, act: Callable[[Meter], None]
) -> None:
    """Let each speaker act, and again when it is answered, for so long; await the last answers."""
    deadline, idle = time.monotonic() + seconds, asyncio.Event()
    waiting = len(speakers)

    def again(meter: Meter) -> None:
        nonlocal waiting
        if time.monotonic() < deadline:
            act(meter)
            return
        meter.after_ack = None
        waiting -= 1
        if not waiting:
            idle.set()

    for meter in speakers:
        meter.after_ack = again
        act(meter)
    try:
        async with asyncio.timeout(seconds + PATIENCE_S):
            await idle.wait()
    except TimeoutError:
        for meter in speakers:
            meter.after_ack = None
