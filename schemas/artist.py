"""Artists on the wire."""

from schemas.base import Paging, Reply
from schemas.fields import Choice, Id, Text


class ArtistReply(Reply):
    """Someone who makes music."""

    id = Id(required=True)
    name = Text(required=True)
    genre = Text(required=True, allow_none=True)
    image_url = Text(required=True, allow_none=True)


class LibraryList(Paging):
    """What to list of the library, and in which order."""

    query = Text(1, 100, load_default=None)
    genre = Text(1, 100, load_default=None)
    artist_id = Id(load_default=None)
    sort = Choice("name", "newest", load_default="name")
    cursor = Text(1, 500, load_default=None)
