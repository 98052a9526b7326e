"""Passwords: Argon2id, in threads, and as slow for a user that does not exist."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from tortoise.transactions import in_transaction

from models.errors import Conflict
from models.session import Session
from models.user import User

# Argon2 releases the interpreter's lock; each hash takes 64 MiB while it runs, so few at a time.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="argon2")
_hasher = PasswordHasher()
_dummy = _hasher.hash("nobody has this password")


async def hash_password(password: str) -> str:
    """An Argon2id hash with its parameters and salt."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


async def change_password(user: User, password: str, session_id: UUID, now: datetime) -> list[UUID]:
    """Set another password, and end all sessions but that one; gives those that have ended.

    `Conflict` where the password was changed since `user` was read.
    """
    password_hash = await hash_password(password)
    async with in_transaction():
        # The user's row first: a sign-in with the old password waits for it, and then is too late.
        unchanged = User.filter(id=user.id, deleted_at=None, password_hash=user.password_hash)
        if not await unchanged.update(password_hash=password_hash, updated_at=now):
            raise Conflict("The password was changed meanwhile. Please try again.")
        return await Session.revoke_all(user.id, now, session_id)


async def is_password(password: str, password_hash: str | None) -> bool:
    """Whether `password` is the one; takes its time also where there is no hash to compare with."""
    loop = asyncio.get_running_loop()
    matches = await loop.run_in_executor(_threads, _verify, password_hash or _dummy, password)
    return matches and password_hash is not None


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
