"""Changing what a room plays: under its lock, and told to its members after the commit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from handlers.caller import Caller
from handlers.services import Services, room_channel
from models.delays import Delays
from models.member import Member
from models.playback import Playback
from models.playback_stage import Stage, on_stage
from models.playback_status import ON
from models.playback_view import playback_view
from models.queue import queue_of
from schemas.playback import PlaybackState
from schemas.queue import QueueUpdated


@asynccontextmanager
async def directing(services: Services, room_id: UUID) -> AsyncIterator[Stage]:
    """The room's stage; what the block has changed is told to the room once it is certain.

    A block changes the playback at most once: each version is told.
    """
    delays = await Delays(services.redis).of(room_id)
    async with on_stage(room_id, delays) as stage:
        yield stage
    stage.view = await playback_view(stage.state)
    tell_playback(services, stage)
    await tell_queue(services, stage)


@asynccontextmanager
async def steering(caller: Caller, room_id: UUID, if_version: int | None) -> AsyncIterator[Stage]:
    """The same for a command of who may steer, meant for `if_version`."""
    async with directing(caller.services, room_id) as stage:
        await stage.require_steering(caller.user)
        stage.state.expect(if_version)
        yield stage


@asynccontextmanager
async def queueing(caller: Caller, room_id: UUID) -> AsyncIterator[Stage]:
    """The same for a change of the queue alone, which starts nothing and so needs no delays."""
    async with on_stage(room_id, {}) as stage:
        yield stage
    await tell_queue(caller.services, stage)


def tell_playback(services: Services, stage: Stage) -> None:
    """Tell the room a new state in the order of versions, and the conductor when it is due."""
    state = stage.state
    if stage.changed:
        order = (f"playback:{state.room_id}", state.version)
        services.tell(room_channel(state.room_id), PlaybackState, stage.view, order=order)
    if stage.changed and on_air(stage.before) != on_air(state):
        services.presence.room_changed(state.room_id)
    if stage.changed and state.due_at is not None:
        services.deadlines.put_nowait((state.room_id, state.due_at))


def on_air(state: Playback) -> UUID | None:
    """The track that friends of the listeners see them listen to."""
    return state.track_id if state.status in ON else None


async def tell_queue(services: Services, stage: Stage) -> None:
    """Tell the room its queue, where that is new.

    It is read after the commit and may be newer than its number: then that number follows.
    """
    room = stage.room
    if stage.queue_changed:
        queue = {"room_id": room.id, "version": room.queue_version, "queue": await queue_of(room)}
        order = (f"queue:{room.id}", room.queue_version)
        services.tell(room_channel(room.id), QueueUpdated, queue, order=order)


async def require_listener(caller: Caller, room_id: UUID) -> None:
    """Only for members. Whose socket hears the room is one, without asking the database."""
    if room_id not in caller.room_ids:
        await Member.of(caller.user, room_id)
