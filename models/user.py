"""People: who they are, what they are called, how they are found."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.expressions import Q
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from models.cursor import Page, decode_cursor, read_page
from models.errors import Conflict, NotFound, ValidationFailed
from models.row import Row
from models.search import matching
from models.words import folded, words_of

MAX_TAG_NUMBER = 9999
MAX_DISPLAY_KEY = 64
ABSENT = "There is no such user."


class UserStatus(StrEnum):
    """What a user says of themselves; `offline` means invisible."""

    ONLINE = "online"
    IDLE = "idle"
    DND = "dnd"
    OFFLINE = "offline"


class Role(StrEnum):
    """What a user may do everywhere."""

    USER = "user"
    MODERATOR = "moderator"
    ADMIN = "admin"


class User(Row):
    """Someone with an account, or a guest. Names and emails are unique without regard to case."""

    username = fields.CharField(max_length=32)
    username_key = fields.CharField(max_length=32, unique=True)
    tag_number = fields.IntField()
    email = fields.CharField(max_length=254, null=True)
    email_key = fields.CharField(max_length=254, null=True, unique=True)
    password_hash = fields.CharField(max_length=255, null=True)
    provider = fields.CharField(max_length=16, default="local")
    two_factor_enabled = fields.BooleanField(default=False)
    display_name = fields.CharField(max_length=32)
    # What they are sorted by, where they are shown by that name.
    display_key = fields.CharField(max_length=MAX_DISPLAY_KEY, default="", db_default="")
    avatar_url = fields.CharField(max_length=2048, null=True)
    bio = fields.CharField(max_length=500, null=True)
    chosen_status = fields.CharEnumField(UserStatus, default=UserStatus.ONLINE)
    custom_status = fields.CharField(max_length=128, null=True)
    role = fields.CharEnumField(Role, default=Role.USER)
    is_guest = fields.BooleanField(default=False)
    # What they are found by: see `models.words`.
    words = fields.TextField(default="", db_default="")
    # Who has deleted their account stays as the nameless author of what they wrote.
    deleted_at: datetime | None = fields.DatetimeField(null=True)
    updated_at: datetime = fields.DatetimeField(auto_now=True)

    # What others see: set by `models.presence.mark`, which knows who is connected.
    status: UserStatus = UserStatus.OFFLINE

    class Meta:
        table = "users"

    @property
    def tag(self) -> str:
        return f"{self.username}#{self.tag_number:04}"

    @property
    def moderates(self) -> bool:
        return self.role in {Role.MODERATOR, Role.ADMIN}

    @classmethod
    async def sign_up(
        cls,
        username: str,
        *,
        password_hash: str | None = None,
        email: str | None = None,
        display_name: str | None = None,
        is_guest: bool = False,
    ) -> Self:
        """Make a user; a name or an email that is taken is a `Conflict`."""
        user = cls(
            username=username,
            username_key=username.lower(),
            tag_number=secrets.randbelow(MAX_TAG_NUMBER) + 1,
            email=email,
            email_key=email and email.lower(),
            password_hash=password_hash,
            display_name=display_name or username,
            is_guest=is_guest,
        )
        user._take_keys()
        try:
            await user.save()
        except IntegrityError:
            raise Conflict("That name or email is taken.") from None
        return user

    @classmethod
    async def called(cls, *, username: str | None = None, email: str | None = None) -> Self | None:
        """The user of that name or that email, if there is one."""
        if username is not None:
            return await cls.get_or_none(username_key=username.lower())
        return await cls.get_or_none(email_key=(email or "").lower())

    @classmethod
    async def visible_to(
        cls, viewer: UUID, *, user_id: UUID | None = None, tag: str | None = None
    ) -> Self:
        """The user with that id or tag, one of which is given.

        Who is unknown, has deleted their account or blocks the viewer is `NotFound`.
        """
        if (user_id is None) == (tag is None):
            raise ValidationFailed.of("userId", "required", "Give either userId or tag.")
        rows = cls.seen_by(viewer)
        if tag is not None:
            name, _, number = tag.rpartition("#")
            found = await rows.get_or_none(username_key=name.lower(), tag_number=int(number))
        else:
            found = await rows.get_or_none(id=user_id)
        if found is None:
            raise NotFound(ABSENT)
        return found

    @classmethod
    def seen_by(cls, viewer: UUID) -> QuerySet[Self]:
        """Everybody but those who block the viewer, and those who are no more."""
        from models.block import Block  # noqa: PLC0415 - they refer to each other

        return cls.filter(~Q(id__in=Block.blockers_of(viewer)), deleted_at=None)

    @classmethod
    async def listed(
        cls, viewer: UUID, query: str | None, cursor: str | None, limit: int
    ) -> Page[Self]:
        """Users by name; `query` has beginnings of the words in their names."""
        rows = matching(cls.seen_by(viewer).order_by("username_key"), query)
        if cursor:
            (after,) = decode_cursor(cursor, str)
            rows = rows.filter(username_key__gt=after)
        return await read_page(rows, limit, lambda user: (user.username_key,))

    async def change(self, **changes: Any) -> None:
        """Change the profile; a taken name is a `Conflict`.

        What they are found by comes from both names, one of which another of the user's sockets
        may be changing: so it is done alone.
        """
        try:
            async with in_transaction():
                newest = await type(self).select_for_update().get(id=self.id)
                self.username, self.display_name = newest.username, newest.display_name
                self.update_from_dict(changes)
                keys = self._take_keys()
                await self.save(update_fields=[*changes, *keys, "updated_at"])
        except IntegrityError:
            raise Conflict("That name is taken.") from None

    def _take_keys(self) -> tuple[str, ...]:
        """Set what they are found and sorted by, and name it."""
        self.username_key = self.username.lower()
        self.display_key = folded(self.display_name)[:MAX_DISPLAY_KEY]
        self.words = words_of(self.username, self.display_name)
        return "username_key", "display_key", "words"
