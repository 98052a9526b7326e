"""What the operating system says of processes: CPU, memory, children; and where they run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def cpu_s(pid: int) -> float:
    """CPU seconds of a process so far: user and system, all threads, also those that ended."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def rss_bytes(pid: int) -> int:
    """Memory of a process that is in RAM."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_BYTES


def children(pid: int) -> list[int]:
    """The processes that `pid` started and that still run."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and int(_stat(int(folder.name))[1]) == pid:
                found.append(int(folder.name))
        except OSError:  # it has ended since we read the list
            continue
    return found


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third one on; the second may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


@dataclass(frozen=True)
class Cores:
    """The servers have one core for themselves; the load, PostgreSQL and Redis have the others."""

    server: frozenset[int]
    rest: frozenset[int]

    @classmethod
    def of_this_machine(cls) -> "Cores":
        first, *others = sorted(os.sched_getaffinity(0))
        return cls(frozenset({first}), frozenset(others or {first}))

    @contextmanager
    def for_a_server(self) -> Iterator[None]:
        """What is started within has the server's core: a child inherits where it may run."""
        os.sched_setaffinity(0, self.server)
        try:
            yield
        finally:
            self.take_the_rest()

    def take_the_rest(self) -> None:
        os.sched_setaffinity(0, self.rest)
