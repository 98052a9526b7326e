"""Favourites on the wire."""

from schemas.fields import Choice, Time
from schemas.library import LibraryList
from schemas.track import TrackGet, TrackReply


class FavoriteReply(TrackReply):
    """A track that the caller likes, since `favoritedAt`."""

    favorited_at = Time(required=True)


class FavoriteList(LibraryList):
    """`newest`: what was liked last comes first."""

    sort = Choice("newest", "name", "artist", "duration", load_default="newest")


class FavoriteTrack(TrackGet):
    """Which track."""
