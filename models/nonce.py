"""Nonces: a send that is tried again gives its first result again, and changes nothing."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from tortoise import fields

from models.errors import Conflict
from models.row import Row, new_id
from models.sql import rows
from models.user import User

LIFETIME = timedelta(hours=24)

# Takes the place of one that has expired; of two at once the second waits for the first, and gets
# no row. Unlike a violated constraint, that does not abort the transaction.
UNLESS_USED = """
    ON CONFLICT (user_id, nonce) DO UPDATE
    SET payload_hash = excluded.payload_hash, result_id = excluded.result_id,
        used_at = excluded.used_at
    WHERE nonces.used_at <= {stale}
"""
USE = f"""
    INSERT INTO nonces (id, user_id, nonce, payload_hash, result_id, used_at, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $6)
    {UNLESS_USED.format(stale="$7")} RETURNING id
"""  # noqa: S608 - of our own parts


class NonceUsedError(Exception):
    """Another send with this nonce came first; its result can be read once we have let go."""


class Nonce(Row):
    """A user's mark on a send. Kept in the transaction of what it made (`result_id`)."""

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name=False, on_delete=fields.CASCADE
    )
    user_id: UUID
    nonce = fields.CharField(max_length=64)
    payload_hash = fields.CharField(max_length=64)
    result_id: UUID = fields.UUIDField()
    used_at: datetime = fields.DatetimeField(db_index=True)

    class Meta:
        table = "nonces"
        unique_together = (("user_id", "nonce"),)

    @classmethod
    async def first_result(
        cls, user_id: UUID, nonce: str, payload: dict[str, Any], now: datetime
    ) -> UUID | None:
        """What a send with this nonce made within 24 hours; `Conflict` for another payload."""
        used = await cls.get_or_none(user_id=user_id, nonce=nonce, used_at__gt=now - LIFETIME)
        if used is None:
            return None
        if used.payload_hash != hash_payload(payload):
            raise Conflict("This nonce was used for something else.")
        return used.result_id

    @classmethod
    async def use(
        cls, user_id: UUID, nonce: str, payload: dict[str, Any], result_id: UUID, now: datetime
    ) -> None:
        """Mark `result_id` as made by this nonce; within the transaction that makes it.

        `NonceUsedError` where another send was first: leave the transaction, then `first_result`.
        """
        values = (new_id(), user_id, nonce, hash_payload(payload), result_id, now, now - LIFETIME)
        if not await rows(USE, *values):
            raise NonceUsedError

    @classmethod
    async def forget_old(cls, now: datetime) -> int:
        """Delete what has passed its 24 hours; says how many."""
        return await cls.filter(used_at__lte=now - LIFETIME).delete()


def hash_payload(payload: dict[str, Any]) -> str:
    """The same for the same payload, whatever the order of its keys."""
    text = orjson.dumps(payload, default=str, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).hexdigest()
