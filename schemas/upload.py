"""Uploaded files on the wire, and what comes beside them."""

from marshmallow import fields

from schemas.base import Broadcast, Reply, Request
from schemas.fields import Choice, Id, Integer, Text
from schemas.track import TrackReply


class TrackForm(Request):
    """The text fields of `POST /uploads/tracks`; what is missing is read from the file's tags."""

    name = Text(1, 200, blank=False)
    genre = Text(1, 100, blank=False)
    artist_id = Id()
    artist_name = Text(1, 200, blank=False)


class ImageReply(Reply):
    """A picture, WebP: at most 4096 pixels a side, and its thumbnail at most 256."""

    id = Id(required=True)
    url = Text(required=True)
    width = Integer(1, 4096, required=True)
    height = Integer(1, 4096, required=True)
    thumbnail_url = Text(required=True)


class UploadError(Reply):
    """Why nothing came of an upload: a code of ours, and a sentence for a person."""

    code = Text(required=True)
    message = Text(required=True)


class UploadReply(Reply):
    """A resumable upload: `offset` of its `size` bytes are here. `track` is what became of it."""

    id = Id(required=True)
    state = Choice("receiving", "processing", "done", "failed", required=True)
    size = Integer(1, 1 << 40, required=True)
    offset = Integer(0, 1 << 40, required=True)
    track = fields.Nested(TrackReply, required=True, allow_none=True)
    error = fields.Nested(UploadError, required=True, allow_none=True)


class UploadFinished(Broadcast):
    """A resumable upload of yours has become a track."""

    event = "upload:finished"

    upload_id = Id(required=True)
    track = fields.Nested(TrackReply, required=True)


class UploadFailed(Broadcast):
    """Nothing can become of a resumable upload of yours; `code` and `error` are as in answers."""

    event = "upload:failed"

    upload_id = Id(required=True)
    code = Text(required=True)
    error = Text(required=True)
