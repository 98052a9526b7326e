"""What friends were told of each user last: kept for whichever process tells next."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self
from uuid import UUID

import orjson
import redis.asyncio as redis

from config.redis import PREFIX
from models.presence_view import View
from models.user import UserStatus

TOLD = f"{PREFIX}presence:told:2"  # the number is that of its format
AT_ONCE = 200
# An offline user is remembered for longer than a new teller looks back.
FORGET_AFTER_MS = 60_000.0


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of a user, and when (ms). `listening` says what to, for comparison only.

    The host of that room was not told of, but decides from whom it is hidden.
    """

    status: UserStatus = UserStatus.OFFLINE
    listening: str | None = None
    at_ms: float = 0.0
    host_id: UUID | None = field(default=None, compare=False)

    @classmethod
    def of(cls, view: View, at_ms: float) -> Self:
        """What was said when `view` was told."""
        heard = view.listening
        if heard is None:
            return cls(view.status, None, at_ms)
        track_id = heard.track and heard.track.id
        said = f"{heard.room_id} {track_id} {heard.room_name}"
        return cls(view.status, said, at_ms, heard.host_id)

    def is_outdated_by(self, view: View) -> bool:
        """Whether `view` is news to some friends, at least."""
        moved = view.listening is not None and view.listening.host_id != self.host_id
        return moved or self.differs(view)

    def differs(self, view: View) -> bool:
        """Whether `view` is news to a friend who sees it all, and heard all of this.

        Who has just lost a socket hears what they heard: a page that is loaded again comes back
        into its room. When they linger no more, they are looked at again.
        """
        now = Told.of(view, self.at_ms)
        if view.lingers and now.listening is None and view.status is self.status:
            return False
        return now != self

    def is_past(self, now_ms: float) -> bool:
        """Whether nobody needs it any more: who was never spoken of is offline, too."""
        old = self.at_ms < now_ms - FORGET_AFTER_MS
        return old and self.status is UserStatus.OFFLINE


def shares(
    view: View,
    before: Told | None,
    friends: set[UUID],
    blocks: Collection[tuple[UUID, UUID]],
) -> Iterator[tuple[View, set[UUID]]]:
    """Which friends are told what: all the same, but those from whom the room is hidden.

    Of `before`, what was told last, they had heard as much: what is no news to them, they are not
    told, or they would hear that something goes on in a room that does not exist for them. Without
    it everybody is told. `blocks` has whom the hosts of both rooms block.
    """
    blind = _blocked(friends, view.listening.host_id if view.listening else None, blocks)
    was_blind = _blocked(friends, before.host_id if before else None, blocks)
    # It does not linger: the room is not one to come back into, it is hidden.
    bare = replace(view, listening=None, lingers=False)
    for shown, seeing in ((view, friends - blind), (bare, blind)):
        hearing = seeing
        if before and not before.differs(shown):
            hearing = hearing & was_blind
        if before and not replace(before, listening=None).differs(shown):
            hearing = hearing - was_blind
        if hearing:
            yield shown, hearing


def _blocked(
    friends: set[UUID], host_id: UUID | None, blocks: Collection[tuple[UUID, UUID]]
) -> set[UUID]:
    return {friend for friend in friends if (host_id, friend) in blocks}


class LastTold:
    """What was told last, by user."""

    def __init__(self, client: "redis.Redis") -> None:
        self._redis = client

    async def of(self, user_ids: Iterable[UUID]) -> dict[UUID, Told]:
        """What was told of each of the users; offline, where nothing was."""
        user_ids = list(user_ids)
        if not user_ids:
            return {}
        found = await self._redis.hmget(TOLD, list(map(str, user_ids)))
        return {
            user_id: _read(str(text)) if text else Told()
            for user_id, text in zip(user_ids, found, strict=True)
        }

    async def note(self, told: Mapping[UUID, Told]) -> None:
        """That was told."""
        if told:
            written: dict[Any, Any] = {
                str(user_id): _written(each) for user_id, each in told.items()
            }
            await self._redis.hset(TOLD, mapping=written)

    async def forget(self, user_ids: Iterable[UUID]) -> None:
        """Of these nothing has to be remembered."""
        if names := list(map(str, user_ids)):
            await self._redis.hdel(TOLD, *names)

    async def some(self, cursor: int) -> tuple[int, dict[UUID, Told]]:
        """Some of all, and where to go on; 0 is the beginning, and comes back after the end."""
        found: dict[Any, Any]
        following, found = await self._redis.hscan(TOLD, cursor, count=AT_ONCE)  # type: ignore[assignment]
        return int(following), {UUID(user_id): _read(text) for user_id, text in found.items()}


def _written(told: Told) -> bytes:
    host_id = told.host_id and str(told.host_id)  # PostgreSQL's UUIDs are of a type of its own
    return orjson.dumps([told.status, told.listening, told.at_ms, host_id])


def _read(text: str) -> Told:
    status, listening, at_ms, host_id = orjson.loads(text)
    return Told(UserStatus(status), listening, at_ms, host_id and UUID(host_id))
