"""The second factor: codes that change with time, and recovery codes for a lost telephone."""

import re
import secrets
from datetime import datetime, timedelta
from typing import Self
from uuid import UUID

from tortoise import fields
from tortoise.transactions import in_transaction

from models.encryption import Cipher
from models.errors import Conflict, Forbidden
from models.one_time_code import new_secret, step_of
from models.row import Row, new_id
from models.sql import rows
from models.ticket import Tickets
from models.user import User

# Who has shown the password answers with a code.
CHALLENGES = Tickets("challenge", timedelta(minutes=5), tries=5)
RECOVERY_CODES = 10
# 32 letters and digits, none of which is taken for another: each is 5 random bits.
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
HALF = 5  # of a recovery code's letters, before and after the hyphen
ONE_TIME_CODE = re.compile(r"[0-9]{6}")

SET_UP = """
    INSERT INTO two_factors (id, user_id, secret, last_step, created_at)
    VALUES ($1, $2, $3, 0, $4)
    ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, last_step = 0
    WHERE two_factors.enabled_at IS NULL
    RETURNING id
"""


class TwoFactor(Row):
    """A user's secret, encrypted, in force from `enabled_at` on.

    `last_step` is the newest time step whose code was used: none up to it is taken again.
    """

    user: fields.OneToOneRelation[User] = fields.OneToOneField(
        "models.User", related_name="two_factor", on_delete=fields.CASCADE
    )
    user_id: UUID
    secret = fields.CharField(max_length=255)
    enabled_at: datetime | None = fields.DatetimeField(null=True)
    last_step = fields.BigIntField(default=0)

    class Meta:
        table = "two_factors"

    @classmethod
    async def set_up(cls, user_id: UUID, cipher: Cipher, now: datetime) -> str:
        """A new secret in place of one that is not in force yet; `Conflict` where one is."""
        secret = new_secret()
        if not await rows(SET_UP, new_id(), user_id, cipher.encrypt(secret), now):
            raise Conflict("Two-factor sign-in is on already.")
        return secret

    @classmethod
    async def enable(cls, user_id: UUID, code: str, cipher: Cipher, now: datetime) -> list[str]:
        """Put the secret in force for who shows its code; gives new recovery codes, this once."""
        factor = await cls._waiting(user_id)
        step = step_of(cipher.decrypt(factor.secret), code, now)
        if step is None:
            raise wrong_code()
        async with in_transaction():
            # The user's row first: whoever changes credentials waits for the others here.
            await User.filter(id=user_id, deleted_at=None).update(two_factor_enabled=True)
            still = cls.filter(id=factor.id, secret=factor.secret, enabled_at=None)
            if not await still.update(enabled_at=now, last_step=step):
                raise Conflict("Two-factor sign-in was set up anew meanwhile.")
            return await RecoveryCode.renew(user_id, cipher)

    @classmethod
    async def _waiting(cls, user_id: UUID) -> Self:
        factor = await cls.get_or_none(user_id=user_id)
        if factor is None:
            raise Conflict("Set two-factor sign-in up first.")
        if factor.enabled_at is not None:
            raise Conflict("Two-factor sign-in is on already.")
        return factor

    @classmethod
    async def accepts(cls, user_id: UUID, code: str, cipher: Cipher, now: datetime) -> bool:
        """Whether that is a good code, of either kind; it is used up, and good only this once."""
        if not ONE_TIME_CODE.fullmatch(code):
            return await RecoveryCode.use(user_id, code, cipher, now)
        factor = await cls.get_or_none(user_id=user_id, enabled_at__isnull=False)
        step = step_of(cipher.decrypt(factor.secret), code, now) if factor else None
        if factor is None or step is None:
            return False
        # Of two at once, on whichever processes, the database lets one move it forward.
        moved = await cls.filter(id=factor.id, last_step__lt=step).update(last_step=step)
        return bool(moved)

    @classmethod
    async def disable(cls, user_id: UUID) -> None:
        """Sign in with the password alone again."""
        async with in_transaction():
            await User.filter(id=user_id).update(two_factor_enabled=False)
            await cls.filter(user_id=user_id).delete()
            await RecoveryCode.filter(user_id=user_id).delete()


class RecoveryCode(Row):
    """The hash of a code that stands in for the second factor, once.

    A code has 50 random bits: too many to be guessed at our door, so it needs none of a password's
    slow hashing. Who has stolen the database could go through them all, were it a plain hash: it
    is a keyed one, and the key is not in the database.
    """

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="recovery_codes", on_delete=fields.CASCADE
    )
    user_id: UUID
    code_hash = fields.CharField(max_length=64)
    used_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "recovery_codes"
        unique_together = (("user_id", "code_hash"),)

    @classmethod
    async def renew(cls, user_id: UUID, cipher: Cipher) -> list[str]:
        """Ten new codes in place of all that there were; within the transaction at hand."""
        codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
        await cls.filter(user_id=user_id).delete()
        hashes = [cipher.digest(normal(code)) for code in codes]
        await cls.bulk_create(cls(user_id=user_id, code_hash=code_hash) for code_hash in hashes)
        return codes

    @classmethod
    async def use(cls, user_id: UUID, code: str, cipher: Cipher, now: datetime) -> bool:
        """Whether that is one of the user's unused codes; it is used from now on."""
        unused = cls.filter(user_id=user_id, code_hash=cipher.digest(normal(code)), used_at=None)
        return bool(await unused.update(used_at=now))


def new_recovery_code() -> str:
    """Such as "7k2mv-q0xe4"."""
    letters = "".join(secrets.choice(LETTERS) for _ in range(2 * HALF))
    return f"{letters[:HALF]}-{letters[HALF:]}"


def normal(code: str) -> str:
    """A recovery code however it was typed."""
    return code.replace("-", "").lower()


def wrong_code() -> Forbidden:
    return Forbidden("That code is not right, or it was used before.")
