"""What happened in a room, in order: told to its members once it is certain."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from models.member import Member


class Happened(StrEnum):
    """What can happen to a room and its members."""

    JOINED = "joined"
    LEFT = "left"
    MEMBER_UPDATED = "member_updated"
    UPDATED = "updated"
    HOST_CHANGED = "host_changed"
    CLOSED = "closed"


class Departure(StrEnum):
    """Why a membership ended."""

    LEFT = "left"
    KICKED = "kicked"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened. `number` is its place in the order of commit: 1, 2, 3 … in a room.

    `member` comes with `JOINED` and `MEMBER_UPDATED`, `user_id` with `LEFT` and `HOST_CHANGED`.
    """

    what: Happened
    number: int
    member: Member | None = None
    user_id: UUID | None = None
    reason: Departure | None = None
