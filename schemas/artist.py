"""Artists on the wire."""

from schemas.base import Reply, Request
from schemas.fields import Choice, Id, Text, Url
from schemas.library import LibraryList


class ArtistReply(Reply):
    """Someone who makes music."""

    id = Id(required=True)
    name = Text(required=True)
    genre = Text(required=True, allow_none=True)
    image_url = Text(required=True, allow_none=True)


class ArtistDetails(ArtistReply):
    """The same, with who entered them."""

    created_by = Id(required=True, allow_none=True, attribute="created_by_id")


class ArtistList(LibraryList):
    sort = Choice("name", "newest", load_default="name")


class ArtistGet(Request):
    artist_id = Id(required=True)


class ArtistCreate(Request):
    name = Text(1, 200, blank=False, required=True)
    genre = Text(1, 100, blank=False, allow_none=True)
    image_url = Url(allow_none=True)
    nonce = Text(1, 64)


class ArtistUpdate(ArtistGet):
    name = Text(1, 200, blank=False)
    genre = Text(1, 100, blank=False, allow_none=True)
    image_url = Url(allow_none=True)
