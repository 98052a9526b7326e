"""People: who they are, what they are called, how they are found."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.exceptions import IntegrityError

from models.cursor import Page, decode_cursor, read_page
from models.errors import Conflict, NotFound
from models.row import Row

MAX_TAG_NUMBER = 9999


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
        try:
            return await cls.create(
                username=username,
                username_key=username.lower(),
                tag_number=secrets.randbelow(MAX_TAG_NUMBER) + 1,
                email=email,
                email_key=email and email.lower(),
                password_hash=password_hash,
                display_name=display_name or username,
                is_guest=is_guest,
            )
        except IntegrityError:
            raise Conflict("That name or email is taken.") from None

    @classmethod
    async def called(cls, *, username: str | None = None, email: str | None = None) -> Self | None:
        """The user of that name or that email, if there is one."""
        if username is not None:
            return await cls.get_or_none(username_key=username.lower())
        return await cls.get_or_none(email_key=(email or "").lower())

    @classmethod
    async def visible_to(
        cls, _viewer: UUID, *, user_id: UUID | None = None, tag: str | None = None
    ) -> Self:
        """The user with that id or tag; everybody may see everybody, unknown is `NotFound`."""
        if tag is not None:
            name, _, number = tag.rpartition("#")
            found = await cls.get_or_none(username_key=name.lower(), tag_number=int(number))
        else:
            found = await cls.get_or_none(id=user_id)
        if found is None:
            raise NotFound("There is no such user.")
        return found

    @classmethod
    async def listed(cls, query: str | None, cursor: str | None, limit: int) -> Page[Self]:
        """Users by name, those whose name or display name contains `query`."""
        rows = cls.all().order_by("username_key")
        if query:
            rows = rows.filter(username_key__contains=query.lower())
        if cursor:
            (after,) = decode_cursor(cursor, str)
            rows = rows.filter(username_key__gt=after)
        return await read_page(rows, limit, lambda user: (user.username_key,))

    async def change(self, **changes: Any) -> None:
        """Change the profile; a taken name is a `Conflict`."""
        if "username" in changes:
            changes["username_key"] = changes["username"].lower()
        self.update_from_dict(changes)
        try:
            await self.save(update_fields=[*changes, "updated_at"])
        except IntegrityError:
            raise Conflict("That name is taken.") from None
