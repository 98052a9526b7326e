"""`playback:…`: what a room plays, together."""

from contextlib import suppress
from uuid import UUID

from handlers.caller import Caller
from handlers.playback_change import directing, require_listener, steering
from handlers.playback_gate import report_ready
from handlers.registry import event
from handlers.services import Services
from models.advice import Advice, Delay
from models.delays import Delays
from models.errors import NotFound
from models.playback_follow import play as put_on
from models.playback_follow import skip as go_on
from models.playback_follow import take_off
from models.playback_record import PlaybackRecord
from models.playback_report import advice_on
from models.playback_status import Reason
from models.playback_view import PlaybackView, current_playback, showing_current
from models.playback_votes import SkipCount, vote_skip, withdraw
from models.room import Room
from schemas.playback import (
    PlaybackAdvice,
    PlaybackCommand,
    PlaybackGet,
    PlaybackPlay,
    PlaybackReady,
    PlaybackReply,
    PlaybackReport,
    PlaybackSeek,
    PlaybackSetRate,
    PlaybackVoteSkip,
    SkipVotes,
)


@event("playback:get", PlaybackGet, reply=PlaybackReply)
async def get(caller: Caller, room_id: UUID) -> PlaybackView:
    """What a room plays, for all who may see the room."""
    await Room.open_to(caller.user, room_id)
    return await current_playback(room_id)


@event("playback:play", PlaybackPlay, reply=PlaybackReply, limit="30/10s")
async def play(
    caller: Caller,
    room_id: UUID,
    track_id: UUID | None = None,
    position: float | None = None,
    if_version: int | None = None,
) -> PlaybackView:
    """Play; by control mode. With `trackId` that track plays now, and the queue stays.

    Without it the room goes on after a pause, or begins with the first of its queue; when that is
    empty with its playlist, else it is a `conflict`.
    """
    async with steering(caller, room_id, if_version) as stage:
        await put_on(stage, track_id, position, caller.now_ms, caller.user.id)
    return stage.view


@event("playback:pause", PlaybackCommand, reply=PlaybackReply, limit="30/10s")
async def pause(caller: Caller, room_id: UUID, if_version: int | None = None) -> PlaybackView:
    """Hold where the room is by the server's clock; by control mode."""
    async with steering(caller, room_id, if_version) as stage:
        stage.state = stage.state.paused(caller.now_ms, caller.user.id)
    return stage.view


@event("playback:seek", PlaybackSeek, reply=PlaybackReply, limit="60/10s")
async def seek(
    caller: Caller, room_id: UUID, position: float, if_version: int | None = None
) -> PlaybackView:
    """Go to `position`; by control mode. Past the end means the end."""
    async with steering(caller, room_id, if_version) as stage:
        lead_ms = await stage.lead_ms()
        stage.state = stage.state.sought(position, caller.now_ms, lead_ms, caller.user.id)
    return stage.view


@event("playback:set_rate", PlaybackSetRate, reply=PlaybackReply, limit="60/10s")
async def set_rate(
    caller: Caller, room_id: UUID, rate: float, if_version: int | None = None
) -> PlaybackView:
    """Play faster or slower from now on, also what comes later; by control mode."""
    async with steering(caller, room_id, if_version) as stage:
        stage.state = stage.state.with_rate(rate, caller.now_ms, caller.user.id)
    return stage.view


@event("playback:skip", PlaybackCommand, reply=PlaybackReply, limit="30/10s")
async def skip(caller: Caller, room_id: UUID, if_version: int | None = None) -> PlaybackView:
    """Go on to what follows, or stop; by control mode. `conflict` where nothing is on."""
    async with steering(caller, room_id, if_version) as stage:
        await go_on(stage, Reason.SKIP, caller.now_ms, caller.user.id)
    return stage.view


@event("playback:ready", PlaybackReady, reply=PlaybackReply)
async def ready(caller: Caller, room_id: UUID, version: int) -> PlaybackView:
    """The caller has the track loaded that is on in `version`; `conflict` for another track.

    When the last one who is waited for is ready, the track starts. Afterwards it changes nothing.
    """
    await require_listener(caller, room_id)
    stage = await report_ready(caller.services, room_id, caller.user.id, version)
    async with showing_current():
        stage.state.expect_on(version)
    return stage.view


@event("playback:report", PlaybackReport, reply=PlaybackAdvice)
async def report(
    caller: Caller,
    room_id: UUID,
    *,
    version: int,
    position: float,
    at: float,
    buffering: bool = False,
    **measured: float,
) -> Advice:
    """What the caller hears, for advice. `rtt`, `jitter` and `outputLatency` make starts fit them.

    Send it every few seconds while playing; `conflict` where the playback has changed meanwhile.
    """
    await require_listener(caller, room_id)
    await note_delay(caller, room_id, **measured)
    return await advice_on(room_id, version, position, at, caller.now_ms, buffering=buffering)


async def note_delay(
    caller: Caller,
    room_id: UUID,
    rtt: float | None = None,
    jitter: float = 0.0,
    output_latency: float = 0.0,
) -> None:
    """Remember how far the caller is, where they have measured it."""
    if rtt is not None:
        delay = Delay(rtt, jitter, output_latency)
        await Delays(caller.services.redis).note(room_id, caller.user.id, delay)


@event("playback:vote_skip", PlaybackVoteSkip, reply=SkipVotes, limit="30/10s")
async def vote(caller: Caller, room_id: UUID, queue_item_id: UUID) -> SkipCount:
    """Vote to skip the item that is on; more than half of the connected listeners skip it.

    Votes count for whoever is connected, and are withdrawn by leaving; when a listener leaves the
    room, the others' votes may suffice. `conflict` where another item is on.
    """
    async with directing(caller.services, room_id) as stage:
        await stage.member(caller.user)
        return await vote_skip(stage, queue_item_id, caller.user.id, caller.now_ms)


async def listener_left(services: Services, room_id: UUID, user_id: UUID, *, left: bool) -> None:
    """Nobody waits for that user any more; who has `left` the room withdraws their vote too."""
    with suppress(NotFound):
        state = await PlaybackRecord.of(room_id)
        if user_id in state.waiting_for:
            async with directing(services, room_id) as stage:
                lead_ms, now_ms = await stage.lead_ms(), services.clock.now_ms()
                stage.state = stage.state.without(user_id, now_ms, lead_ms)
        if left:
            async with directing(services, room_id) as stage:
                await withdraw(stage, user_id, services.clock.now_ms())
    if left:
        await Delays(services.redis).forget(room_id, user_id)


async def stop_playback(services: Services, room_id: UUID, reason: Reason) -> None:
    """Stop what a room plays; for `IDLE` only if it is deserted still. Its queue stays."""
    async with directing(services, room_id) as stage:
        if reason is not Reason.IDLE or stage.room.deserted_at is not None:
            await take_off(stage, reason, None)
