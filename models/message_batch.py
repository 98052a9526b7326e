"""Storing messages: all that are given in one transaction, on PostgreSQL in one statement.

A channel's row is locked before the nonces, and of several each in the order of its key: so that
two processes which write at once wait for each other, and never each for the other.
"""

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
from models.nonce import LIFETIME, UNLESS_USED, NonceUsedError
from models.row import new_id
from models.sql import Bulk, is_sqlite
from models.user import User

EVENT = "message"
ABSENT = "There is no such channel."
ROW = {
    "id": "uuid",
    "channel_id": "uuid",
    "author_id": "uuid",
    "content": "text",
    "nonce": "text",
    "reply_to_id": "uuid",
    "sent_at": "timestamptz",
    "nonce_id": "uuid",
    "payload_hash": "text",
    "data": "text",
}
INTO_NONCES = """
    INSERT INTO nonces (id, user_id, nonce, payload_hash, result_id, used_at, created_at)
    SELECT nonce_id, author_id, nonce, payload_hash, given.id, sent_at, sent_at
"""
INTO_MESSAGES = """
    INSERT INTO messages (id, channel_id, author_id, content, nonce, reply_to_id,
                          edited, pinned, seq, number, created_at, sent_at, updated_at)
    SELECT id, channel_id, author_id, content, nonce, reply_to_id,
           FALSE, FALSE, seq, seq, sent_at, sent_at, sent_at
"""
INTO_EVENTS = "INSERT INTO channel_events (channel_id, seq, event, message_id, data)"

# Every message of which `there` says that its channel is; `seq` is null where its nonce is used.
STORE = Bulk(
    f"""
    WITH given AS (SELECT * FROM {{given}}),
    locked AS (
        SELECT id FROM channels WHERE id = ANY($2::uuid[]) ORDER BY id FOR NO KEY UPDATE
    ),
    fresh AS (
        {INTO_NONCES} FROM given JOIN locked ON locked.id = given.channel_id
        WHERE nonce IS NOT NULL ORDER BY author_id, nonce
        {UNLESS_USED.format(stale="$1")} RETURNING result_id
    ),
    accepted AS (
        SELECT given.*, row_number() OVER (PARTITION BY channel_id ORDER BY place) AS step
        FROM given JOIN locked ON locked.id = given.channel_id
        WHERE nonce IS NULL OR given.id IN (SELECT result_id FROM fresh)
    ),
    counted AS (
        UPDATE channels SET last_seq = last_seq + more.count
        FROM (SELECT channel_id, count(*) AS count FROM accepted GROUP BY channel_id) AS more
        WHERE channels.id = more.channel_id
        RETURNING channels.id, channels.last_seq - more.count AS before
    ),
    numbered AS (
        SELECT accepted.*, before + step AS seq
        FROM accepted JOIN counted ON counted.id = accepted.channel_id
    ),
    stored AS ({INTO_MESSAGES} FROM numbered),
    logged AS (
        {INTO_EVENTS}
        SELECT channel_id, seq, '{EVENT}', id, data::jsonb || jsonb_build_object('seq', seq)
        FROM numbered ORDER BY place
    )
    SELECT locked.id IS NOT NULL AS there, numbered.seq
    FROM given
    LEFT JOIN locked ON locked.id = given.channel_id
    LEFT JOIN numbered ON numbered.id = given.id
    ORDER BY given.place
    """,  # noqa: S608 - of our own parts, as all here
    **ROW,
)

# SQLite writes nothing within a larger statement: the same in four.
USE_NONCES = Bulk(
    f"""
    {INTO_NONCES} FROM {{given}} WHERE nonce IS NOT NULL
    {UNLESS_USED.format(stale="$1")} RETURNING result_id
    """,
    **ROW,
)
COUNT = Bulk(
    """
    UPDATE channels SET last_seq = last_seq + count
    FROM {given} WHERE channels.id = given.channel_id
    RETURNING channels.id, last_seq
    """,
    channel_id="uuid",
    count="int",
)
ADD_MESSAGES = Bulk(f"{INTO_MESSAGES} FROM {{given}}", **ROW, seq="bigint")
ADD_EVENTS = Bulk(
    f"""
    {INTO_EVENTS} SELECT channel_id, seq, '{EVENT}', id, data FROM {{given}} ORDER BY place
    """,  # noqa: S608
    **ROW,
    seq="bigint",
)


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


async def _store_postgres(messages: Sequence[NewMessage], now: datetime) -> list[Exception | None]:
    channel_ids = list({message.channel_id for message in messages})
    given = [message.row() for message in messages]
    stored = await STORE.rows(given, now - LIFETIME, channel_ids)
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
