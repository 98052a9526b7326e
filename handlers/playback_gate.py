"""The gate of a new track: what listeners report, collected and applied together.

A thousand listeners who are ready within a second are not a thousand changes of the room. Reports
that come while others are being applied are applied next, in one transaction and with one
broadcast (this is group commit, as databases know it). In a great room a batch also waits a
moment for more, but never when it may open the gate.
"""

import asyncio
from dataclasses import dataclass, field
from uuid import UUID

from handlers.playback_change import directing
from handlers.services import Services
from models.playback import Playback
from models.playback_record import PlaybackRecord
from models.playback_stage import Stage

LINGER_S_EACH = 0.001
MAX_LINGER_S = 0.5

_open: dict[UUID, "Batch"] = {}


@dataclass(slots=True, eq=False)
class Batch:
    """Reports of one room that will be applied together: users, and what version they have loaded.

    `awaited` is how many users the gate still waits for.
    """

    reports: list[tuple[UUID, int]] = field(default_factory=list)
    awaited: int | None = None
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    applied: "asyncio.Future[Stage]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def add(self, user_id: UUID, version: int) -> None:
        self.reports.append((user_id, version))
        self.look()

    def look(self) -> None:
        """There is enough where these reports may open the gate."""
        if self.awaited is not None and len(self.reports) >= self.awaited:
            self.enough.set()

    async def linger(self, awaited: int) -> None:
        """Wait for more, the longer the more are awaited."""
        self.awaited = awaited
        self.look()
        try:
            async with asyncio.timeout(min(MAX_LINGER_S, LINGER_S_EACH * awaited)):
                await self.enough.wait()
        except TimeoutError:
            return

    def users_on(self, state: Playback) -> set[UUID]:
        """Who has loaded the track that is on."""
        return {user_id for user_id, version in self.reports if state.has_had_on(version)}


async def report_ready(services: Services, room_id: UUID, user_id: UUID, version: int) -> Stage:
    """Have a report applied, and wait until it is; gives the stage on which that happened."""
    batch = _open.get(room_id)
    if batch is None:
        batch = _open[room_id] = Batch()
        services.tasks.start(_apply(services, room_id, batch), f"gate-{room_id}")
    batch.add(user_id, version)
    return await asyncio.shield(batch.applied)


async def _apply(services: Services, room_id: UUID, batch: Batch) -> None:
    try:
        state = await PlaybackRecord.of(room_id)
        await batch.linger(len(state.waiting_for))
        stage = await _apply_alone(services, room_id, batch)
    except BaseException as error:
        _close(room_id, batch)
        batch.applied.set_exception(error if isinstance(error, Exception) else TimeoutError())
        batch.applied.exception()  # it is no loss when nobody waits any more
        if not isinstance(error, Exception):
            raise
    else:
        batch.applied.set_result(stage)


async def _apply_alone(services: Services, room_id: UUID, batch: Batch) -> Stage:
    async with directing(services, room_id) as stage:
        _close(room_id, batch)
        state, lead_ms = stage.state, await stage.lead_ms()
        users = batch.users_on(state)
        stage.state = state.ready(users, state.gate_version, services.clock.now_ms(), lead_ms)
    return stage


def _close(room_id: UUID, batch: Batch) -> None:
    """Reports from here on belong to the next batch."""
    if _open.get(room_id) is batch:
        del _open[room_id]
