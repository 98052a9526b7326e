"""What a client reports of itself, and what it is told to do."""

from dataclasses import replace
from uuid import UUID

from models.advice import Action, Advice, advise
from models.playback_record import PlaybackRecord
from models.playback_view import showing_current


async def advice_on(
    room_id: UUID, version: int, position: float, at_ms: float, now_ms: float, *, buffering: bool
) -> Advice:
    """How far a client is off that is at `position` at `at_ms` in the playback of `version`.

    A client that is buffering is told to do nothing: a seek would only begin its loading anew, and
    it reports again once it is heard. `StaleVersion`, with the current playback, for a report about
    any other state.
    """
    async with showing_current():
        state = await PlaybackRecord.of(room_id)
        state.expect(version)
    advice = advise(state, position, at_ms, now_ms)
    return replace(advice, action=Action.NONE, rate=state.rate) if buffering else advice
