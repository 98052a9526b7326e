"""The clock's part in every room: gates open, and one track follows the other.

What is due stands in the database. Each process sets timers for the rooms that it has changed
itself; of all processes the one that holds a lease looks for what is due elsewhere, such as after
another was killed. Who acts decides again under the room's lock, so that it happens once.
"""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

import structlog

from config.redis import REDIS_DOWN
from handlers.attempt import attempt
from handlers.playback_change import directing
from handlers.services import Services
from models.errors import NotFound
from models.lease import Lease
from models.playback_follow import act_if_due
from models.playback_record import PlaybackRecord
from models.playback_stage import Stage

LOOK_EVERY_S = 0.5
HORIZON_MS = 1500.0
LEASE = timedelta(seconds=2)
AT_ONCE = 64

log = structlog.get_logger(__name__)


class Conductor:
    """This process' timers, and its share in looking after all rooms."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._timers: dict[UUID, tuple[float, asyncio.TimerHandle]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def follow(self) -> None:
        """Set a timer for whatever this process makes due, until the server ends."""
        try:
            while True:
                room_id, due_at = await self._services.deadlines.get()
                self._watch(room_id, due_at)
        finally:
            for _, timer in self._timers.values():
                timer.cancel()

    async def look_around(self) -> None:
        """Look for what is due anywhere; at the end another process may take the lease at once."""
        lease = Lease(self._services.redis, "conductor", LEASE)
        try:
            while True:
                await attempt(self._look(lease), "conductor-look")
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            with suppress(*REDIS_DOWN):
                await lease.release()

    async def _look(self, lease: Lease) -> None:
        try:
            if not await lease.hold():
                return
        except REDIS_DOWN as error:  # without a lease all look: more work, but the music goes on
            log.warning("conductor without a lease", error=type(error).__name__)
        horizon_ms = self._services.clock.now_ms() + HORIZON_MS
        for room_id, due_at in await PlaybackRecord.due_before(horizon_ms):
            self._watch(room_id, due_at)

    def _watch(self, room_id: UUID, due_at: float) -> None:
        """Act on the room at `due_at` (ms), which takes the place of what was set before."""
        set_for, timer = self._timers.get(room_id, (None, None))
        if set_for == due_at:
            return
        if timer is not None:
            timer.cancel()
        wait_s = max(0.0, due_at - self._services.clock.now_ms()) / 1000
        loop = asyncio.get_running_loop()
        self._timers[room_id] = (due_at, loop.call_later(wait_s, self._begin, room_id))

    def _begin(self, room_id: UUID) -> None:
        del self._timers[room_id]
        name = f"conduct-{room_id}"
        # What fails is due still, and the next look finds it.
        self._services.tasks.start(attempt(self._act(room_id), name), name)

    async def _act(self, room_id: UUID) -> None:
        services = self._services
        with suppress(NotFound):
            async with self._slots, directing(services, room_id) as stage:
                await act_if_due(stage, services.clock.now_ms())
            self._watch_again(stage)

    def _watch_again(self, stage: Stage) -> None:
        room_id = stage.room.id
        if not stage.changed and stage.state.due_at is not None:
            self._watch(room_id, stage.state.due_at)  # the timer came a moment early
