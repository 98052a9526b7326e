"""Passwords: Argon2id, in threads, and as slow for a user that does not exist."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# Argon2 releases the interpreter's lock; each hash takes 64 MiB while it runs, so few at a time.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="argon2")
_hasher = PasswordHasher()
_dummy = _hasher.hash("nobody has this password")


async def hash_password(password: str) -> str:
    """An Argon2id hash with its parameters and salt."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, password)


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
