"""Tracks: recordings that were uploaded, and can be played."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from tortoise import fields

from models.artist import Artist
from models.cursor import Page
from models.errors import Forbidden, NotFound
from models.library import NEWEST, LibraryQuery, Order
from models.row import Row
from models.sql import Bulk, is_sqlite
from models.user import User
from models.words import sort_key, words_of

ABSENT = "There is no such track."
ORDERS = {
    "name": Order({"name_key": str, "id": UUID}),
    "newest": NEWEST,
    "artist": Order({"artist_key": str, "name_key": str, "id": UUID}),
    "duration": Order({"duration": float, "id": UUID}),
}
# Not even a waiting deletion marks them before whoever holds them has let go.
HOLD = "SELECT t.id FROM {given} JOIN tracks t ON t.id = given.id WHERE t.deleted_at IS NULL"
HELD_ON_SQLITE = Bulk(HOLD, id="uuid")
HELD = Bulk(f"{HOLD} ORDER BY t.id FOR SHARE OF t", id="uuid")


class Track(Row):
    """A recording. `duration` in seconds, `waveform` 400 peaks from 0 to 1."""

    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=200, db_index=True)
    genre = fields.CharField(max_length=100, null=True)
    duration = fields.FloatField()
    url = fields.CharField(max_length=255)
    mime_type = fields.CharField(max_length=64)
    cover_url = fields.CharField(max_length=2048, null=True)
    waveform: Any = fields.JSONField(default=list)
    artist: fields.ForeignKeyNullableRelation[Artist] = fields.ForeignKeyField(
        "models.Artist", null=True, related_name="tracks", on_delete=fields.RESTRICT
    )
    artist_id: UUID | None
    # Sorts by artist: `0` and the artist's own key, or `1` where there is none.
    artist_key = fields.CharField(max_length=201, default="1", db_default="1")
    uploaded_by: fields.ForeignKeyNullableRelation[User] = fields.ForeignKeyField(
        "models.User", null=True, related_name="tracks", on_delete=fields.SET_NULL
    )
    uploaded_by_id: UUID | None
    words = fields.TextField(default="", db_default="")
    # From then on it is there for nobody; the rooms that have it are being told.
    deleted_at: datetime | None = fields.DatetimeField(null=True, db_index=True)

    # Where it is shown as somebody's favourite: since when.
    favorited_at: datetime
    # Where it is shown as an entry of a playlist: which, at which place from 0, since when.
    entry_id: UUID
    position: int
    added_at: datetime

    class Meta:
        table = "tracks"
        indexes = (
            ("name_key", "id"),
            ("artist_key", "name_key", "id"),
            ("duration", "id"),
            ("artist_id", "name_key", "id"),
            ("uploaded_by_id", "name_key", "id"),
        )

    @classmethod
    async def existing(cls, track_id: UUID) -> Self:
        """The track with its artist, else `NotFound`."""
        track = await cls.get_or_none(id=track_id, deleted_at=None).select_related("artist")
        if track is None:
            raise NotFound(ABSENT)
        return track

    @classmethod
    async def listed(cls, wanted: LibraryQuery) -> Page[Self]:
        """Tracks with their artists; the query is of words of their name, artist and genre."""
        rows = cls.filter(deleted_at=None).select_related("artist")
        if wanted.artist_id:
            rows = rows.filter(artist_id=wanted.artist_id)
        if wanted.uploaded_by:
            rows = rows.filter(uploaded_by_id=wanted.uploaded_by)
        return await wanted.page(wanted.among(rows), ORDERS)

    @classmethod
    async def without_waveform(cls, track_ids: Collection[UUID]) -> dict[UUID, Self]:
        """Those tracks by id with their artists, their waveforms not read: a long list is light."""
        light = cls._meta.db_fields - {"waveform"}
        rows = cls.filter(id__in=list(track_ids), deleted_at=None).only(*light)
        tracks = await rows.prefetch_related("artist")
        for track in tracks:
            track.waveform = []
        return {track.id: track for track in tracks}

    @classmethod
    async def held(cls, track_ids: Collection[UUID]) -> set[UUID]:
        """Those of them that exist, and stay until the end of the transaction at hand.

        For whoever is about to refer to them, in a room say: a deletion waits for it, and finds it.
        """
        if not track_ids:
            return set()
        statement = HELD_ON_SQLITE if is_sqlite() else HELD
        found = await statement.rows([[track_id] for track_id in track_ids])
        return {UUID(str(row["id"])) for row in found}

    def require_keeper(self, user: User) -> None:
        """`Forbidden` but for who uploaded it, and moderators."""
        if self.uploaded_by_id != user.id and not user.moderates:
            raise Forbidden("Only who uploaded a track, or a moderator, may change it.")


def described(name: str, genre: str | None, artist: Artist | None) -> dict[str, Any]:
    """The columns that follow from what a track is called and whose it is."""
    return {
        "name": name,
        "name_key": sort_key(name),
        "genre": genre,
        "artist_key": f"0{artist.sort_key}" if artist else "1",
        "words": words_of(name, artist.name if artist else None, genre),
    }
