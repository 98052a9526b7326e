"""Artists on the wire."""

from schemas.base import Id, Reply, Text


class ArtistReply(Reply):
    """Someone who makes music."""

    id = Id(required=True)
    name = Text(required=True)
    genre = Text(required=True, allow_none=True)
    image_url = Text(required=True, allow_none=True)
