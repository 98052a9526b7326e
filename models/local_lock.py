"""Locks within this process, by name; the database's locks hold between processes."""

import asyncio
from weakref import WeakValueDictionary

_locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


def local_lock(name: str) -> asyncio.Lock:
    """The lock of that name; it is gone when nobody holds or awaits it."""
    lock = _locks.get(name)
    if lock is None:
        lock = _locks[name] = asyncio.Lock()
    return lock
