"""Do a deed once for each of its steps on the disk, killed with SIGKILL at that step; then sweep.

Usage: killed_at_every_step.py publish|remove|sweep FOLDER. Prints a JSON list, one object for each
step: `{"step", "has_row", "faults"}`. A step is what Python's audit hooks tell of: opening a file,
making, renaming, removing.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID

sys.path.insert(0, str(Path(__file__).parents[2]))

from models.media import MediaStore
from models.publication import Kind

TRACK = UUID("01890000-0000-7000-8000-000000000001")
STEPS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir"}
SOUND = bytes(50_000)


class House:
    """A data folder, and beside it a database of one file: the row."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.row = folder / "row"
        self.acknowledged = folder / "acknowledged"
        self.removed = folder / "removed"

    async def exists(self, ids: set[UUID]) -> set[UUID]:
        return ids if self.row.exists() else set()

    async def publish(self) -> None:
        async with MediaStore(self.data) as store, store.upload(max_bytes=10**6) as upload:
            await upload.write(SOUND)
            (upload.target / "audio.m4a").write_bytes((await upload.finish()).read_bytes())
            (upload.target / "cover.jpg").write_bytes(b"cover")
            async with upload.published(TRACK, self.exists):
                self.row.touch()
            self.acknowledged.touch()

    async def publish_and_die_before_the_commit(self) -> None:
        async with MediaStore(self.data) as store, store.upload(max_bytes=10**6) as upload:
            (upload.target / "audio.m4a").write_bytes(SOUND)
            async with upload.published(TRACK, self.exists):
                os.kill(os.getpid(), signal.SIGKILL)

    async def remove(self) -> None:
        async with MediaStore(self.data) as store:
            async with store.removing(Kind.TRACKS, {TRACK}, self.exists):
                self.row.unlink()
            self.removed.touch()

    async def sweep(self) -> None:
        async with MediaStore(self.data) as store:
            await store.sweep(dict.fromkeys(Kind, self.exists))

    def faults(self) -> list[str]:
        """What is wrong after a sweep."""
        public = self.data / "media" / "tracks" / str(TRACK)
        left = {path.name for path in (self.data / "tmp").iterdir()} - {"sweep.lock"}
        checks = {
            "acknowledged, but lost": self.acknowledged.exists() and not self.row.exists(),
            "removed, but there": self.removed.exists() and self.row.exists(),
            "files without a row": public.exists() and not self.row.exists(),
            "a row without its files": self.row.exists() and not self._is_whole(public),
            f"left in tmp: {left}": bool(left),
        }
        return [fault for fault, is_there in checks.items() if is_there]

    def _is_whole(self, public: Path) -> bool:
        files = {path.name: path.read_bytes() for path in public.glob("*")}
        return files == {"audio.m4a": SOUND, "cover.jpg": b"cover"}


def in_a_process(deed: Callable[[], Coroutine[Any, Any, None]], killed_at: int, near: Path) -> bool:
    """Run the deed in a fork, killed at its n-th step below `near`; whether it came to its end."""
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return status == 0
    steps = 0

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal steps
        if event in STEPS and str(arguments[0]).startswith(str(near)):
            steps += 1
            if steps == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)
    asyncio.run(deed())
    os._exit(0)


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    outcomes, step, is_done = [], 0, False
    while not is_done:
        step += 1
        house = House(folder / str(step))
        house.data.mkdir(parents=True)
        if name == "sweep":
            in_a_process(house.publish_and_die_before_the_commit, 0, house.data)
        if name == "remove":
            in_a_process(house.publish, 0, house.data)
            house.acknowledged.unlink()
        deed = {"publish": house.publish, "remove": house.remove, "sweep": house.sweep}[name]
        is_done = in_a_process(deed, step, house.data.parent)
        in_a_process(house.sweep, 0, house.data)
        outcome = {"step": step, "has_row": house.row.exists(), "faults": house.faults()}
        outcomes.append(outcome)
    json.dump(outcomes, sys.stdout)


main()
