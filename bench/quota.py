"""Gives processes a part of a core's time each, so that they are what is scarce, not the machine.

    python -m bench.quota PID [PID]

One after the other they run for 2 ms of every 8, and stand still meanwhile (`SIGSTOP`), until this
process is asked to end.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.accounting import Cores
from tests.servers import ROOT

RUN_S, PERIOD_S = 0.002, 0.008
MOST = int(PERIOD_S / RUN_S)  # that never run at once


@contextmanager
def limited(pids: Sequence[int], cores: Cores) -> Iterator[None]:
    """Have the processes run no more than that."""
    command = [sys.executable, "-m", "bench.quota", *map(str, pids)]
    with cores.for_a_server():  # where they stand still, so that it wakes in time
        process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        process.wait()
        tell(pids, signal.SIGCONT)


def share_out(pids: Sequence[int]) -> None:
    """Let one after the other run; for ever."""
    tell(pids, signal.SIGSTOP)
    while True:
        for pid in pids:
            began_s = time.monotonic()
            tell([pid], signal.SIGCONT)
            time.sleep(RUN_S)
            tell([pid], signal.SIGSTOP)
            time.sleep(max(0.0, began_s + PERIOD_S / len(pids) - time.monotonic()))


def tell(pids: Sequence[int], what: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, what)


if __name__ == "__main__":
    with contextlib.suppress(PermissionError):
        os.nice(-15)  # else it would have to wait for those that it is to stop
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    share_out([int(pid) for pid in sys.argv[1:]][:MOST])
