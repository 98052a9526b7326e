"""Storing messages: all that are given in one transaction, on PostgreSQL in one statement."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError, OperationalError
from tortoise.transactions import in_transaction

from config.database import DATABASE_DOWN
from models.errors import NotFound
from models.message_sql import (
    ADD_EVENTS,
    ADD_MESSAGES,
    COUNT,
    STORE,
    STORE_READABLE,
    USE_NONCES,
)
from models.nonce import LIFETIME, NonceUsedError
from models.row import new_id
from models.sql import Bulk, is_sqlite
from models.user import User

ABSENT = "There is no such channel."


@dataclass(slots=True, eq=False)
class NewMessage:
    """A message before it is stored: as it is said, but for `seq`, its place in the channel.

    Building a row of the ORM, which nothing needs here, takes as long as all else that we do.
    """

    channel_id: UUID
    author: User
    content: str
    nonce: str | None
    reply_to_id: UUID | None
    sent_at: datetime
    payload_hash: str | None
    id: UUID = field(default_factory=new_id)
    seq: int = 0
    edited: bool = False
    pinned: bool = False
    reactions: Sequence[Any] = ()
    attachments: Sequence[Any] = ()
    # Its form on the wire, which goes into the channel's log.
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def author_id(self) -> UUID:
        return self.author.id

    @property
    def created_at(self) -> datetime:
        return self.sent_at

    @property
    def updated_at(self) -> datetime:
        return self.sent_at

    def number(self, seq: int) -> None:
        """Its place in the channel's log, also in its form on the wire."""
        self.seq = self.data["seq"] = seq

    def row(self) -> tuple[Any, ...]:
        """Its values, as `ROW` names them."""
        return (
            self.id,
            self.channel_id,
            self.author_id,
            self.content,
            self.nonce,
            self.reply_to_id,
            self.sent_at,
            new_id() if self.nonce else None,
            self.payload_hash,
            orjson.dumps(self.data).decode(),
        )


async def store(messages: Sequence[NewMessage], now: datetime) -> list[Exception | None]:
    """Store them with their places in the logs; the result says of each why it is not stored.

    `NonceUsedError` where its nonce has been used, `NotFound` where its channel has gone. When the
    database refuses all because of some, it is given halves: only those fail whom it concerns.
    No two of them may have the same nonce.
    """
    try:
        return await (_store_sqlite if is_sqlite() else _store_postgres)(messages, now)
    except Exception as error:  # noqa: BLE001 - whoever waits for the message gets it
        if len(messages) == 1 or _concerns_all(error):
            return [error] * len(messages)
    middle = len(messages) // 2
    return await store(messages[:middle], now) + await store(messages[middle:], now)


def _concerns_all(error: Exception) -> bool:
    """Whether the database is away, or takes nothing: SQLite's file is locked, or its disk full."""
    if isinstance(error, OperationalError) and not isinstance(error, IntegrityError):
        return is_sqlite()
    return isinstance(error, DATABASE_DOWN)


async def store_readable(
    messages: Sequence[NewMessage], now: datetime
) -> list[Exception | None] | None:
    """Store those whose channel their author may read and so write to, in one round trip.

    `NotFound` for all others, which are to be looked at more closely. None: the database refused
    them all because of some. Of PostgreSQL only.
    """
    try:
        return await _store_postgres(messages, now, STORE_READABLE)
    except Exception as error:  # noqa: BLE001 - whoever waits for the message gets it
        return [error] * len(messages) if _concerns_all(error) else None


async def _store_postgres(
    messages: Sequence[NewMessage], now: datetime, statement: Bulk = STORE
) -> list[Exception | None]:
    stored = await statement.rows([message.row() for message in messages], now - LIFETIME)
    for message, row in zip(messages, stored, strict=True):
        message.number(row["seq"] or 0)
    return [_why_not(row) for row in stored]


def _why_not(row: dict[str, Any]) -> Exception | None:
    if row["seq"] is not None:
        return None
    return NonceUsedError() if row["there"] else NotFound(ABSENT)


async def _store_sqlite(messages: Sequence[NewMessage], now: datetime) -> list[Exception | None]:
    async with in_transaction():
        used = await _use_nonces(messages, now)
        new = [message for message in messages if message.id not in used]
        if new:
            await _number(new)
            rows = [(*message.row(), message.seq) for message in new]
            await ADD_MESSAGES.rows(rows)
            await ADD_EVENTS.rows(rows)
    return [NonceUsedError() if message.id in used else None for message in messages]


async def _use_nonces(messages: Sequence[NewMessage], now: datetime) -> set[UUID]:
    """Use the nonces of all; gives the ids of those messages whose nonce has been used before."""
    marked = [message for message in messages if message.nonce]
    if not marked:
        return set()
    fresh = await USE_NONCES.rows([message.row() for message in marked], now - LIFETIME)
    return {message.id for message in marked} - {UUID(row["result_id"]) for row in fresh}


async def _number(messages: Sequence[NewMessage]) -> None:
    """Give each the next number of its channel; `NotFound` where one has gone."""
    more = Counter(message.channel_id for message in messages)
    counted = {UUID(row["id"]): row["last_seq"] for row in await COUNT.rows(list(more.items()))}
    if counted.keys() != more.keys():
        raise NotFound(ABSENT)
    for message in reversed(messages):
        message.number(counted[message.channel_id])
        counted[message.channel_id] -= 1
