"""The server's steady clock: never steps back, and agrees between processes by way of Redis."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

PROBES = 8
SLEW_MS_PER_S = 0.5  # 500 ppm, as much as adjtime(3) allows: no client sees the correction
STEP_MS = 250.0
SAMPLE_EVERY_S = 5.0

Sample = Callable[[], Awaitable[float]]
SharedEpoch = Callable[[str | None, str], Awaitable[str]]


class SteadyClock:
    """Milliseconds since the epoch, counted by the monotonic clock.

    Anchored to the wall clock once, at start. Where processes share a reference (`discipline`),
    the difference is slewed away at no more than 500 ppm; a difference of more than 250 ms is
    a step of the reference and begins a new `epoch`, which tells clients to measure anew.
    """

    def __init__(
        self,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._monotonic = monotonic
        self._base_ms = (wall() - monotonic()) * 1000
        self._pending_ms = 0.0
        self._slewed_at = monotonic()
        self.epoch = uuid4().hex

    def now_ms(self) -> float:
        """The time on this server's clock, in milliseconds since the epoch, with a fraction."""
        now = self._monotonic()
        if self._pending_ms:
            self._slew(now)
        return self._base_ms + now * 1000

    def now(self) -> datetime:
        """The same moment as an aware UTC datetime, for records."""
        return datetime.fromtimestamp(self.now_ms() / 1000, UTC)

    def correct(self, error_ms: float) -> bool:
        """Take note that the reference is `error_ms` ahead; True when that was a step."""
        if abs(error_ms) > STEP_MS:
            self._base_ms += error_ms
            self._pending_ms = 0.0
            return True
        self._pending_ms, self._slewed_at = error_ms, self._monotonic()
        return False

    def set_exactly(self, error_ms: float) -> None:
        """Jump by `error_ms`: only before the first client is served."""
        self._base_ms += error_ms
        self._pending_ms = 0.0

    def _slew(self, now: float) -> None:
        room_ms = (now - self._slewed_at) * SLEW_MS_PER_S
        self._slewed_at = now
        change = max(-room_ms, min(room_ms, self._pending_ms))
        self._pending_ms -= change
        self._base_ms += change


async def measure_error_ms(clock: SteadyClock, sample: Sample, probes: int = PROBES) -> float:
    """How far the reference is ahead of `clock`: the probe with the least round trip decides."""
    best = (float("inf"), 0.0)
    for _ in range(probes):
        sent_ms = clock.now_ms()
        reference_ms = await sample()
        received_ms = clock.now_ms()
        error_ms = reference_ms - (sent_ms + received_ms) / 2
        best = min(best, (received_ms - sent_ms, error_ms))
    return best[1]


async def discipline(clock: SteadyClock, sample: Sample, share_epoch: SharedEpoch) -> None:
    """Set `clock` by the reference and agree on the epoch; once, before clients are served."""
    clock.set_exactly(await measure_error_ms(clock, sample))
    clock.epoch = await share_epoch(None, clock.epoch)


async def keep_disciplined(
    clock: SteadyClock,
    sample: Sample,
    share_epoch: SharedEpoch,
    lost: tuple[type[Exception], ...],
) -> None:
    """Follow the reference for ever; while it cannot be reached (`lost`) run free."""
    while True:
        await asyncio.sleep(SAMPLE_EVERY_S)
        try:
            error_ms = await measure_error_ms(clock, sample)
            if clock.correct(error_ms):
                clock.epoch = await share_epoch(clock.epoch, uuid4().hex)
            else:
                clock.epoch = await share_epoch(None, clock.epoch)
        except lost:
            continue
