"""Identities: who a user is elsewhere, at Google or Spotify."""

from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models.errors import Conflict, NotFound
from models.oauth.person import Person
from models.row import Row
from models.user import User

ALL_OF_THEM = 16  # more than there are providers: a user has one identity with each


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

    @property
    def linked_at(self) -> datetime:
        return self.created_at

    @classmethod
    async def of(cls, person: Person) -> Self | None:
        """Whom we know by that identity, with the user to whom it belongs."""
        known = cls.filter(provider=person.provider, subject=person.subject)
        return await known.select_related("user").first()

    @classmethod
    async def of_user(cls, user_id: UUID) -> list[Self]:
        """The user's identities, in the order in which they were linked."""
        return await cls.filter(user_id=user_id).order_by("id").limit(ALL_OF_THEM)

    @classmethod
    async def add(cls, user: User, person: Person) -> Self:
        """Let `person` be `user` from now on, where neither has another; within a transaction."""
        said = _columns(person)
        return await cls.create(user=user, provider=person.provider, subject=person.subject, **said)

    @classmethod
    async def link(cls, user_id: UUID, person: Person) -> "Identity":
        """Let `person` sign in as that user, who has agreed; again is no error.

        `Conflict` where one of the two is linked with another.
        """
        try:
            async with in_transaction():
                user = await User.select_for_update().get_or_none(id=user_id, deleted_at=None)
                if user is None:
                    raise NotFound("There is no such user.")
                return await cls.add(user, person)
        except IntegrityError:
            known = await cls.of(person)
        if known is None or known.user_id != user_id:
            raise Conflict("That account, or another of that provider, is linked already.")
        await known.refresh(person)
        return known

    async def refresh(self, person: Person) -> None:
        """Take note of what the provider says now; a token that it did not give anew stays."""
        said = {name: value for name, value in _columns(person).items() if value is not None}
        if said:
            await type(self).filter(id=self.id).update(**said)

    @classmethod
    async def unlink(cls, user_id: UUID, provider: str) -> None:
        """Forget it; `Conflict` where the user could not sign in any more."""
        async with in_transaction():
            # Two at once would each leave the other's: the second waits here.
            user = await User.select_for_update().get(id=user_id)
            linked = {row.provider: row for row in await cls.filter(user_id=user_id)}
            if provider not in linked:
                raise NotFound("You have linked no such account.")
            if user.password_hash is None and len(linked) == 1:
                raise Conflict("It is your only way in: choose a password first.")
            await linked[provider].delete()


def _columns(person: Person) -> dict[str, Any]:
    tokens, ends_s = person.tokens, person.tokens.expires_at_s
    return {
        "email": person.email,
        "access_token": tokens.access,
        "refresh_token": tokens.refresh,
        "token_expires_at": None if ends_s is None else datetime.fromtimestamp(ends_s, UTC),
    }
