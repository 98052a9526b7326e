"""Files and folders, beneath what they mean: locked, appended to, brought to the disk."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def lock_of(folder: Path) -> int | None:
    """The folder's lock, taken: an open file descriptor. None where a living process holds it."""
    try:
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except FileNotFoundError:  # swept by another in this moment
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


def locked(path: Path) -> int | None:
    """A file for appending, made where there is none, with its lock; None where another has it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)  # who had the lock has removed the file


@contextmanager
def alone_at(path: Path) -> Iterator[None]:
    """Wait until no other process is within; the lock ends with the process at the latest."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def append(path: Path, batch: bytearray) -> None:
    """Add bytes to the end of a file, which is made where there is none."""
    with path.open("ab") as file:
        file.write(batch)


def append_to(descriptor: int, batch: bytearray) -> None:
    """Add bytes to the end of an open file."""
    rest = memoryview(batch)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def link(source: Path, target: Path) -> None:
    """The same bytes under another name, without copying them where the file system can."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def sync(path: Path) -> None:
    """Bring a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
