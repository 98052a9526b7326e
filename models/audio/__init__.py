"""Recordings and pictures: from whatever file a person uploads to what a browser shows and plays.

`AudioWorkers` and `PictureWorkers` run `process_track` and `process_picture` in a process of its
own for each file, so that the libraries which read strangers' files are never loaded into the
server.
"""

from models.audio.picture import NotPicture, Picture, PictureLimits, TooManyPixels
from models.audio.recording import AudioLimits, NotAudio, Recording, TooLong, WorkerCrashed
from models.audio.work import AudioWorkers, PictureWorkers

__all__ = [
    "AudioLimits",
    "AudioWorkers",
    "NotAudio",
    "NotPicture",
    "Picture",
    "PictureLimits",
    "PictureWorkers",
    "Recording",
    "TooLong",
    "TooManyPixels",
    "WorkerCrashed",
]
