"""What comes beside an uploaded file."""

from schemas.base import Request
from schemas.fields import Id, Text


class TrackForm(Request):
    """The text fields of `POST /uploads/tracks`; what is missing is read from the file's tags."""

    name = Text(1, 200, blank=False)
    genre = Text(1, 100, blank=False)
    artist_id = Id()
    artist_name = Text(1, 200, blank=False)
