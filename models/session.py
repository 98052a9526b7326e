"""Sessions: one for each sign-in, with refresh tokens that rotate and tell of theft."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Self
from uuid import UUID

from tortoise import fields
from tortoise.transactions import in_transaction

from models.batch import Batch
from models.errors import NotFound, Unauthorized
from models.row import Row, new_id
from models.sql import Bulk, rows
from models.user import User

REFRESH_LIFETIME = timedelta(days=7)
WRONG_PASSWORD = "Invalid email or password"  # noqa: S105 - a sentence
OWN = "session_"  # before the columns of a session, where they stand beside its user's
NOBODYS = UUID(int=0)
REVOKE_ALL = """
    UPDATE sessions SET revoked_at = $3
    WHERE user_id = $1 AND revoked_at IS NULL AND id <> $2
    RETURNING id
"""


class Session(Row):
    """A sign-in on one device.

    `refresh_id` names the newest refresh token that has been used. Its holder may present it
    again (the answer may have been lost); each time it gets a new successor, which names it as its
    parent. The first successor to be used takes its place, and from then on the old one and its
    other successors are spent: whoever presents one ends the session.
    """

    user: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="sessions", on_delete=fields.CASCADE
    )
    user_id: UUID
    refresh_id: UUID = fields.UUIDField(default=new_id)
    device = fields.CharField(max_length=200)
    address = fields.CharField(max_length=64)
    last_used_at: datetime = fields.DatetimeField()
    expires_at: datetime = fields.DatetimeField(db_index=True)
    revoked_at: datetime | None = fields.DatetimeField(null=True)
    # Whether it is the session of who looks: set by `of_user`.
    current: bool = False

    class Meta:
        table = "sessions"

    @classmethod
    async def begin(cls, user: User, device: str, address: str, now: datetime) -> Self:
        """Begin a session for `user`, who has just shown who they are.

        `Unauthorized` where the password by which they did so was changed meanwhile, or the account
        deleted: whoever does that ends all sessions that there are, and this must be among them.
        """
        async with in_transaction():
            known = await User.select_for_update(no_key=True).get(id=user.id)
            if known.deleted_at or known.password_hash != user.password_hash:
                raise Unauthorized(WRONG_PASSWORD)
            return await cls.create(
                user=user,
                device=device[:200],
                address=address[:64],
                last_used_at=now,
                expires_at=now + REFRESH_LIFETIME,
            )

    @classmethod
    async def alive(cls, session_id: UUID, now: datetime) -> "Session":
        """The session with its user, as it is now; `Unauthorized` where it has ended.

        All who ask at one time, as after a restart, share a read, which begins after they ask.
        """
        session = await READING.do(session_id)
        if session is None or session.has_ended(now) or session.user.deleted_at:
            raise Unauthorized("This session has ended.", "session_revoked")
        return session

    @classmethod
    async def each(cls, session_ids: Sequence[UUID]) -> list["Session | None"]:
        """Sessions with their users; None where there is none. Each is an object of its own."""
        found: list[Session | None] = [None] * len(session_ids)
        for row in await _with_users().rows([(session_id,) for session_id in session_ids]):
            own = {name.removeprefix(OWN): row[name] for name in row if name.startswith(OWN)}
            session = Session._init_from_db(**own)
            session.user = User._init_from_db(**row)  # noqa: SLF001
            found[row["place"] - 1] = session
        return found

    @classmethod
    async def of_user(cls, user_id: UUID, now: datetime, current: UUID) -> list[Self]:
        """The user's living sessions, the last used first; `current` is marked as such."""
        alive = cls.filter(user_id=user_id, revoked_at=None, expires_at__gt=now)
        sessions = await alive.order_by("-last_used_at")
        for session in sessions:
            session.current = session.id == current
        return sessions

    @classmethod
    async def ids_of(cls, user_id: UUID) -> list[UUID]:
        """All sessions of a user, also those that have ended."""
        return [session.id for session in await cls.filter(user_id=user_id).only("id")]

    @classmethod
    async def owned(cls, user_id: UUID, session_id: UUID, now: datetime) -> Self:
        """A living session of that very user, else `NotFound`."""
        session = await cls.get_or_none(id=session_id, user_id=user_id)
        if session is None or session.has_ended(now):
            raise NotFound("There is no such session.")
        return session

    @classmethod
    async def ended_among(cls, session_ids: Iterable[UUID], now: datetime) -> list[UUID]:
        """Those of the sessions that have ended, or are forgotten already."""
        held = set(session_ids)
        alive = cls.filter(id__in=list(held), revoked_at=None, expires_at__gt=now)
        return list(held - {row.id for row in await alive.only("id")})

    def has_ended(self, now: datetime) -> bool:
        return self.revoked_at is not None or self.expires_at <= now

    async def revoke(self, now: datetime) -> None:
        """End it: none of its tokens is good from now on."""
        await type(self).filter(id=self.id, revoked_at=None).update(revoked_at=now)

    @classmethod
    async def revoke_all(cls, user_id: UUID, now: datetime, but: UUID | None = None) -> list[UUID]:
        """End all of the user's sessions, perhaps `but` one; gives those that were alive."""
        ended = await rows(REVOKE_ALL, user_id, but or NOBODYS, now)
        return [UUID(str(row["id"])) for row in ended]

    @classmethod
    async def forget_old(cls, now: datetime) -> int:
        """Delete those whose last token has expired; says how many."""
        return await cls.filter(expires_at__lte=now).delete()

    async def rotate(self, token_id: UUID, parent_id: UUID | None, now: datetime) -> bool:
        """Use a refresh token; False where it was spent, which also ends the session."""
        async with in_transaction():
            row = await type(self).select_for_update().get_or_none(id=self.id)
            if row is None or row.has_ended(now):
                return False
            if row.refresh_id not in {token_id, parent_id}:
                row.revoked_at = now
                await row.save(update_fields=["revoked_at"])
                return False
            row.refresh_id, row.last_used_at = token_id, now
            row.expires_at = now + REFRESH_LIFETIME
            await row.save(update_fields=["refresh_id", "last_used_at", "expires_at"])
        self.refresh_id = token_id
        return True


@cache
def _with_users() -> Bulk:
    columns = Session._meta.fields_db_projection.values()  # noqa: SLF001
    own = ", ".join(f"sessions.{column} AS {OWN}{column}" for column in columns)
    # The names of our own columns, nothing else.
    statement = f"SELECT given.place, {own}, users.* FROM {{given}}"  # noqa: S608
    joined = "JOIN sessions ON sessions.id = given.id JOIN users ON users.id = sessions.user_id"
    return Bulk(f"{statement} {joined}", id="uuid")


READING = Batch("sessions", Session.each, at_once=4)
