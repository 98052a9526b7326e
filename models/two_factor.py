"""The second factor: codes that change with time, and recovery codes for a lost telephone."""

from datetime import datetime
from uuid import UUID

from tortoise import fields

from models.row import Row
from models.user import User


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


class RecoveryCode(Row):
    """The hash of a code that stands in for the second factor, once."""

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="recovery_codes", on_delete=fields.CASCADE
    )
    user_id: UUID
    code_hash = fields.CharField(max_length=64)
    used_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "recovery_codes"
        unique_together = (("user_id", "code_hash"),)
