"""The end of an account: gone at once for everybody, and then, bit by bit, altogether.

First one transaction: the user is nameless, cannot sign in, and has no session. From then on nobody
can see or use anything of the account but what is public: messages, rooms, tracks. All else is done
after it, in steps that may be repeated: whoever is killed in between has left the `Deletion`, and
the housekeeping goes on from there.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.transactions import in_transaction

from models.errors import Conflict
from models.identity import Identity
from models.row import Row
from models.session import Session
from models.sql import rows
from models.track_removal import mark_all
from models.two_factor import RecoveryCode, TwoFactor
from models.user import MAX_TAG_NUMBER, Role, User, UserStatus

DISPLAY_NAME = "Deleted user"
# An event that the user had begun ends within 10 s: after this, nothing new can come of one.
SETTLED_AFTER = timedelta(minutes=1)
BATCH = 50

END_FRIENDSHIPS = """
    DELETE FROM friendships WHERE user_id = $1 OR friend_id = $1 RETURNING user_id, friend_id
"""
# Each takes no more locks at a time than it must, and can be done again.
ERASE = (
    "DELETE FROM friend_requests WHERE requester_id = $1 OR receiver_id = $1",
    "DELETE FROM blocks WHERE blocker_id = $1 OR blocked_id = $1",
    "DELETE FROM favorites WHERE user_id = $1",
    "DELETE FROM playlists WHERE owner_id = $1",
    "DELETE FROM identities WHERE user_id = $1",
    "DELETE FROM two_factors WHERE user_id = $1",
    "DELETE FROM recovery_codes WHERE user_id = $1",
    "DELETE FROM resumable_uploads WHERE user_id = $1",
    "DELETE FROM read_marks WHERE user_id = $1",
    "DELETE FROM nonces WHERE user_id = $1",
    "DELETE FROM room_kicks WHERE user_id = $1",
    "UPDATE artists SET created_by_id = NULL WHERE created_by_id = $1",
)


class Deletion(Row):
    """An account that was deleted, as long as something of it may be left."""

    user: fields.OneToOneRelation[User] = fields.OneToOneField(
        "models.User", related_name=False, on_delete=fields.CASCADE
    )
    user_id: UUID

    class Meta:
        table = "deletions"

    @classmethod
    async def settled(cls, now: datetime) -> list["Deletion"]:
        """Those after which nothing new can have come, the oldest first."""
        return await cls.filter(created_at__lte=now - SETTLED_AFTER).order_by("id").limit(BATCH)

    async def make_nameless(self) -> None:
        """Make the user nameless once more: a change of their profile may have been under way."""
        await User.filter(id=self.user_id).update(**nameless())

    async def conclude(self) -> None:
        """Nothing is left but the nameless user."""
        async with in_transaction():
            await Session.filter(user_id=self.user_id).delete()
            await self.delete()


async def delete_account(user: User, now: datetime) -> list[UUID]:
    """Make `user` nameless and unable to sign in; gives the sessions that have ended by it.

    `Conflict` where the password is no longer that of `user`, by which it was asked for.
    """
    async with in_transaction():
        # The user's row first: a sign-in at the same time waits for it, and then is too late.
        unchanged = User.filter(id=user.id, deleted_at=None, password_hash=user.password_hash)
        if not await unchanged.update(**nameless(), deleted_at=now, updated_at=now):
            raise Conflict("This account was changed meanwhile. Please try again.")
        await Deletion.create(user_id=user.id, created_at=now)
        for row in (Identity, TwoFactor, RecoveryCode):
            await row.filter(user_id=user.id).delete()
        return await Session.revoke_all(user.id, now)


def nameless() -> dict[str, Any]:
    """What is put in the place of all that says who somebody was. Their name is free again."""
    name = f"deleted-{secrets.token_hex(6)}"
    return {
        "username": name,
        "username_key": name,
        "tag_number": secrets.randbelow(MAX_TAG_NUMBER) + 1,
        "email": None,
        "email_key": None,
        "password_hash": None,
        "provider": "local",
        "two_factor_enabled": False,
        "display_name": DISPLAY_NAME,
        "avatar_url": None,
        "bio": None,
        "chosen_status": UserStatus.OFFLINE,
        "custom_status": None,
        "role": Role.USER,
        "is_guest": False,
        "display_key": "",
        "words": "",
    }


async def erase(user_id: UUID, now: datetime) -> None:
    """Delete what a deleted user leaves outside of rooms, but for friends and files.

    Repeated it finds nothing any more.
    """
    for statement in ERASE:
        await rows(statement, user_id)
    await mark_all(user_id, now)


async def end_friendships(user_id: UUID) -> list[UUID]:
    """End all friendships of a user; gives the former friends."""
    sides = await rows(END_FRIENDSHIPS, user_id)
    ids = {UUID(str(side[key])) for side in sides for key in ("user_id", "friend_id")}
    return sorted(ids - {user_id})
