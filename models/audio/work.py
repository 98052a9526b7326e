"""What worker processes make of files: recordings and pictures."""

from pathlib import Path

from models.audio.picture import NotPicture, Picture, PictureLimits
from models.audio.recording import AudioLimits, Recording, WorkerCrashed
from models.audio.worker import CrashedError, TooSlowError, Workers


class AudioWorkers(Workers):
    """Processes that make recordings of files."""

    def __init__(
        self,
        count: int = 1,
        *,
        limits: AudioLimits | None = None,
        time_limit_s: float = 1200,
        memory_mb: int = 2048,
        max_waiting: int = 32,
    ) -> None:
        super().__init__(
            count, time_limit_s=time_limit_s, memory_mb=memory_mb, max_waiting=max_waiting
        )
        self._limits = limits or AudioLimits()

    async def process(self, source: Path, target_dir: Path) -> Recording:
        """Run `process_track` on a file.

        Raises `NotAudio` (`TooLong`, `WorkerCrashed`), and what `Workers` raises beside.
        """
        try:
            found = await self.ask("track", source, target_dir, self._limits)
        except TooSlowError:
            raise WorkerCrashed("This file takes too long to read.") from None
        except CrashedError:
            raise WorkerCrashed("This file can't be read.") from None
        return Recording(**{**found, "waveform": tuple(found["waveform"])})


class PictureWorkers(Workers):
    """Processes that make pictures of files; beside the others, as nobody waits long for one."""

    def __init__(
        self,
        count: int = 1,
        *,
        limits: PictureLimits | None = None,
        time_limit_s: float = 60,
        memory_mb: int = 1536,
        max_waiting: int = 32,
    ) -> None:
        super().__init__(
            count, time_limit_s=time_limit_s, memory_mb=memory_mb, max_waiting=max_waiting
        )
        self._limits = limits or PictureLimits()

    async def process(self, source: Path, target_dir: Path) -> Picture:
        """Run `process_picture` on a file.

        Raises `NotPicture`, `TooManyPixels`, and what `Workers` raises beside.
        """
        try:
            found = await self.ask("picture", source, target_dir, self._limits)
        except CrashedError:
            raise NotPicture("This picture can't be read.") from None
        return Picture(**found)
