"""The worker process: one request on standard input, one answer on standard output, then the end.

The request is a line of JSON as `worker.py` writes it. Standard input stays open as long as the
server lives; its end ends this process too, also when the server was killed.
"""

import errno
import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from models.audio.clean_picture import process_picture
from models.audio.picture import NotPicture, PictureLimits
from models.audio.process import process_track
from models.audio.recording import AudioLimits, NotAudio
from models.errors import SoundroomError

_NICENESS = 10


class _Work(NamedTuple):
    """What can be asked for; `refusal` is of files that need too much memory."""

    do: Callable[[Path, Path, Any], Any]
    limits: type[AudioLimits | PictureLimits]
    refusal: type[SoundroomError]


_WORKS = {
    "track": _Work(process_track, AudioLimits, NotAudio),
    "picture": _Work(process_picture, PictureLimits, NotPicture),
}


def main() -> None:
    """Process one file. An error that is not the file's fault ends in a traceback and status 1."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    request = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_server, daemon=True).start()
    _limit_resources(request["memory_mb"], request["cpu_s"])
    sys.stdout.write(json.dumps(_answer(request)))
    sys.stdout.flush()


def _end_with_the_server() -> None:
    # Not through `sys.stdin`: its lock would be held when the interpreter ends.
    while os.read(0, 1024):
        pass
    os._exit(1)


def _limit_resources(memory_mb: int, cpu_s: int) -> None:
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    work = _WORKS[request["work"]]
    try:
        found = work.do(
            Path(request["source"]), Path(request["target_dir"]), work.limits(**request["limits"])
        )
    except SoundroomError as error:
        return {"refused": type(error).__name__, "message": error.message}
    except (MemoryError, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.ENOMEM:
            raise
        message = "This file needs more memory than we give to one."
        return {"refused": work.refusal.__name__, "message": message}
    return {"found": asdict(found)}


if __name__ == "__main__":
    main()
