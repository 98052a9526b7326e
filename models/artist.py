"""Artists: whose tracks these are."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.exceptions import IntegrityError
from tortoise.transactions import in_transaction

from models.cursor import Page
from models.errors import Conflict, Forbidden, NotFound
from models.library import NEWEST, LibraryQuery, Order
from models.nonce import Nonce, NonceUsedError
from models.row import Row
from models.user import User
from models.words import sort_key, words_of

ORDERS = {"name": Order({"sort_key": str, "id": UUID}), "newest": NEWEST}
TAKEN = "There is an artist of that name already."


class Artist(Row):
    """Someone who makes music. `name_key` makes one artist of "ABBA" and "Abba"."""

    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=200, unique=True)
    sort_key = fields.CharField(max_length=200, default="", db_default="")
    genre = fields.CharField(max_length=100, null=True)
    image_url = fields.CharField(max_length=2048, null=True)
    words = fields.TextField(default="", db_default="")
    created_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, related_name="artists", on_delete=fields.SET_NULL
    )
    created_by_id: UUID | None

    class Meta:
        table = "artists"
        indexes = (("sort_key", "id"), ("created_by_id",))

    @classmethod
    async def existing(cls, artist_id: UUID) -> Self:
        """That artist, else `NotFound`."""
        artist = await cls.get_or_none(id=artist_id)
        if artist is None:
            raise NotFound("There is no such artist.")
        return artist

    @classmethod
    async def held(cls, artist_id: UUID) -> Self:
        """The artist under its row's lock: its name stays, for who writes down its words."""
        artist = await cls.select_for_update().get_or_none(id=artist_id)
        if artist is None:
            raise NotFound("There is no such artist.")
        return artist

    @classmethod
    async def listed(cls, wanted: LibraryQuery) -> Page[Self]:
        """Artists; the query is of beginnings of words of their name and genre."""
        rows = cls.all()
        if wanted.artist_id:
            rows = rows.filter(id=wanted.artist_id)
        return await wanted.page(wanted.among(rows), ORDERS)

    @classmethod
    async def make(cls, user: User, now: datetime, nonce: str | None, **given: Any) -> Self:
        """Make an artist, once for each `nonce`; a name that is taken is a `Conflict`."""
        payload = {"event": "artist:create", **given}
        if nonce and (made := await Nonce.first_result(user.id, nonce, payload, now)):
            return await cls.existing(made)
        try:
            async with in_transaction():
                artist = await cls.create(**described(given), created_by=user)
                if nonce:
                    await Nonce.use(user.id, nonce, payload, artist.id, now)
        except NonceUsedError:
            return await cls.make(user, now, nonce, **given)
        except IntegrityError:
            if nonce and await Nonce.first_result(user.id, nonce, payload, now):
                return await cls.make(user, now, nonce, **given)  # it was our own other send
            raise Conflict(TAKEN) from None
        return artist

    @classmethod
    async def called(cls, name: str, genre: str | None, user: User) -> Self:
        """The artist of that name, without regard to case; where there is none, `user` makes it."""
        key = name_key(name)
        if found := await cls.get_or_none(name_key=key):
            return found
        try:
            given = {"name": name, "genre": genre and genre[:100]}
            return await cls.create(**described(given), created_by=user)
        except IntegrityError:  # another upload was quicker
            return await cls.get(name_key=key)

    async def change(self, **changes: Any) -> None:
        """Change it under its lock (see `held`); a name that is taken is a `Conflict`."""
        self.update_from_dict(changes)
        values = described({"name": self.name, "genre": self.genre})
        self.update_from_dict(values)
        try:
            await self.save(update_fields=[*(changes | values)])
        except IntegrityError:
            raise Conflict(TAKEN) from None

    def require_keeper(self, user: User) -> None:
        """`Forbidden` but for who made it, and moderators."""
        if self.created_by_id != user.id and not user.moderates:
            raise Forbidden("Only who made an artist, or a moderator, may change it.")


def name_key(name: str) -> str:
    """What makes two names one artist."""
    return name.strip().lower()[:200]


def described(given: dict[str, Any]) -> dict[str, Any]:
    """The columns of an artist with these, and what follows from them."""
    name = given["name"].strip()[:200]
    follows = {
        "name": name,
        "name_key": name_key(name),
        "sort_key": sort_key(name),
        "words": words_of(name, given.get("genre")),
    }
    return {**given, **follows}
