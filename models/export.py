"""Everything that is kept about a user, read page by page for a document of any length."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from tortoise.queryset import QuerySet

from models.artist import Artist
from models.block import Block
from models.favorite import Favorite
from models.friend import FriendRequest, Friendship
from models.identity import Identity
from models.image import Image
from models.member import Member
from models.message import Message
from models.playlist import Playlist, PlaylistTrack
from models.session import Session
from models.ticket import Tickets
from models.track import Track

# An address that is fetched again where the line broke.
EXPORTS = Tickets("export", timedelta(minutes=10), tries=20)
PAGE = 500

ARTIST = {"name": "name", "genre": "genre", "created_at": "created_at"}
FAVORITE = {"track_id": "track_id", "track_name": "track__name", "created_at": "created_at"}
FRIEND = {"user_id": "friend_id", "username": "friend__username", "created_at": "created_at"}
IDENTITY = {
    "provider": "provider",
    "subject": "subject",
    "email": "email",
    "created_at": "created_at",
}
IMAGE = {"width": "width", "height": "height", "created_at": "created_at"}
MEMBERSHIP = {
    "room_id": "room_id",
    "room_name": "room__name",
    "role": "role",
    "joined_at": "joined_at",
}
MESSAGE = {
    "channel_id": "channel_id",
    "content": "content",
    "reply_to": "reply_to_id",
    "edited": "edited",
    "sent_at": "sent_at",
    "updated_at": "updated_at",
}
PLAYLIST = {
    "name": "name",
    "is_public": "is_public",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
PLAYLIST_TRACK = {
    "playlist_id": "playlist_id",
    "playlist_name": "playlist__name",
    "track_id": "track_id",
    "track_name": "track__name",
    "rank": "rank",
    "created_at": "created_at",
}
SESSION = {
    "device": "device",
    "address": "address",
    "created_at": "created_at",
    "last_used_at": "last_used_at",
    "revoked_at": "revoked_at",
}
TRACK = {
    "name": "name",
    "genre": "genre",
    "duration": "duration",
    "artist_name": "artist__name",
    "url": "url",
    "cover_url": "cover_url",
    "created_at": "created_at",
}


def export_url(ticket: str) -> str:
    """Where the document is fetched from, by who has the ticket."""
    return f"/media/exports/{ticket}.json"


@dataclass(frozen=True, slots=True)
class Section:
    """A list in the document: what of which rows. `url` is where a row's file is, with its `id`."""

    name: str
    rows: QuerySet[Any]
    columns: dict[str, str]
    url: str | None = None

    async def pages(self) -> AsyncIterator[list[dict[str, Any]]]:
        """The rows in the order of their making, some at a time."""
        rest = self.rows.order_by("id").limit(PAGE)
        while True:
            found: list[dict[str, Any]] = await rest.values("id", **self.columns)
            for row in found if self.url else ():
                row["url"] = self.url.format(id=row["id"]) if self.url else None
            yield found
            if len(found) < PAGE:
                return
            rest = self.rows.filter(id__gt=found[-1]["id"]).order_by("id").limit(PAGE)


def sections(user_id: UUID) -> list[Section]:
    """All lists of a user's document."""
    requests = {"created_at": "created_at"}
    return [
        Section("sessions", Session.filter(user_id=user_id), SESSION),
        Section("identities", Identity.filter(user_id=user_id), IDENTITY),
        Section("friends", Friendship.filter(user_id=user_id), FRIEND),
        Section(
            "sent_requests",
            FriendRequest.filter(requester_id=user_id),
            {"user_id": "receiver_id", "username": "receiver__username", **requests},
        ),
        Section(
            "received_requests",
            FriendRequest.filter(receiver_id=user_id),
            {"user_id": "requester_id", "username": "requester__username", **requests},
        ),
        Section(
            "blocks",
            Block.filter(blocker_id=user_id),
            {"user_id": "blocked_id", "username": "blocked__username", **requests},
        ),
        Section("artists", Artist.filter(created_by_id=user_id), ARTIST),
        Section("tracks", Track.filter(uploaded_by_id=user_id, deleted_at=None), TRACK),
        Section(
            "images", Image.filter(uploaded_by_id=user_id), IMAGE, "/media/images/{id}/image.webp"
        ),
        Section("favorites", Favorite.filter(user_id=user_id), FAVORITE),
        Section("playlists", Playlist.filter(owner_id=user_id), PLAYLIST),
        Section(
            "playlist_tracks", PlaylistTrack.filter(playlist__owner_id=user_id), PLAYLIST_TRACK
        ),
        Section("rooms", Member.filter(user_id=user_id), MEMBERSHIP),
        Section("messages", Message.filter(author_id=user_id), MESSAGE),
    ]
