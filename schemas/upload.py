"""Uploaded files on the wire, and what comes beside them."""

from schemas.base import Reply, Request
from schemas.fields import Id, Integer, Text


class TrackForm(Request):
    """The text fields of `POST /uploads/tracks`; what is missing is read from the file's tags."""

    name = Text(1, 200, blank=False)
    genre = Text(1, 100, blank=False)
    artist_id = Id()
    artist_name = Text(1, 200, blank=False)


class AttachmentForm(Request):
    """Beside a file there is nothing to say."""


class AttachmentReply(Reply):
    """A file to go with a message; `url` is good for a day at least. Pictures have a size."""

    id = Id(required=True)
    filename = Text(required=True)
    url = Text(required=True)
    size = Integer(0, 2**40, required=True)
    mime_type = Text(required=True)
    width = Integer(0, 10**9, required=True, allow_none=True)
    height = Integer(0, 10**9, required=True, allow_none=True)


class ImageForm(Request):
    """Beside a picture there is nothing to say."""


class ImageReply(Reply):
    """A picture, WebP: at most 4096 pixels a side, and its thumbnail at most 256."""

    id = Id(required=True)
    url = Text(required=True)
    width = Integer(1, 4096, required=True)
    height = Integer(1, 4096, required=True)
    thumbnail_url = Text(required=True)
