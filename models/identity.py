"""Identities: who a user is elsewhere, at Google or Spotify."""

from datetime import datetime
from uuid import UUID

from tortoise import fields

from models.row import Row
from models.user import User


class Identity(Row):
    """A user's account with a provider. Its tokens are encrypted."""

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="identities", on_delete=fields.CASCADE
    )
    user_id: UUID
    provider = fields.CharField(max_length=16)
    subject = fields.CharField(max_length=255)
    email = fields.CharField(max_length=254, null=True)
    access_token = fields.TextField(null=True)
    refresh_token = fields.TextField(null=True)
    token_expires_at: datetime | None = fields.DatetimeField(null=True)

    class Meta:
        table = "identities"
        unique_together = (("provider", "subject"), ("user_id", "provider"))
