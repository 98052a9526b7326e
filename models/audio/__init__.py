"""Recordings: from whatever file a person uploads to what a browser plays.

`AudioWorkers.process` runs `models.audio.process.process_track` in a process of its own, so that
the libraries which read strangers' files are never loaded into the server.
"""

from models.audio.recording import AudioLimits, NotAudio, Recording, TooLong, WorkerCrashed
from models.audio.worker import AudioWorkers

__all__ = ["AudioLimits", "AudioWorkers", "NotAudio", "Recording", "TooLong", "WorkerCrashed"]
