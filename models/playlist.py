"""Playlists: tracks in an order, to be queued or to follow when a queue is empty."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from tortoise import fields
from tortoise.expressions import Q, Subquery
from tortoise.queryset import QuerySet
from tortoise.transactions import in_transaction

from models.block import Block
from models.cursor import Page
from models.errors import Conflict, Forbidden, NotFound
from models.library import NEWEST, LibraryQuery, Order
from models.local_lock import local_lock
from models.nonce import Nonce, NonceUsedError
from models.row import Row
from models.search import matching
from models.track import Track
from models.user import User
from models.words import sort_key, words_of

MAX_NAME = 100
MAX_PLAYLISTS = 1000
ABSENT = "There is no such playlist."
ORDERS = {
    "name": Order({"name_key": str, "id": UUID}),
    "newest": NEWEST,
    "updated": Order({"updated_at": datetime, "id": UUID}, descending=True),
}
PLACES = Order({"rank": float, "id": UUID})


class Playlist(Row):
    """A user's list of tracks. A private one does not exist for others."""

    name = fields.CharField(max_length=MAX_NAME)
    image_url = fields.CharField(max_length=2048, null=True)
    is_public = fields.BooleanField(default=False)
    allow_duplicates = fields.BooleanField(default=False, db_default=False)
    name_key = fields.CharField(max_length=MAX_NAME, default="", db_default="")
    words = fields.TextField(default="", db_default="")
    owner: fields.ForeignKeyRelation[User] = fields.ForeignKeyField(
        "models.User", related_name="playlists", on_delete=fields.CASCADE
    )
    owner_id: UUID
    updated_at: datetime = fields.DatetimeField(auto_now=True)

    # Its tracks: how many, how long (s); its picture or theirs: see `models.playlist_view`.
    track_count: int
    duration: float
    picture_url: str | None
    # Where they are shown with it: its first tracks, or the entry that has just been added.
    tracks: list[Track]
    entry_id: UUID

    class Meta:
        table = "playlists"
        indexes = (("name_key", "id"), ("owner_id", "name_key", "id"), ("updated_at", "id"))

    @classmethod
    async def open_to(cls, user: User, playlist_id: UUID) -> Self:
        """A playlist that is public or the user's own, else `NotFound`."""
        playlist = await cls.get_or_none(cls.visible_to(user), id=playlist_id)
        if playlist is None:
            raise NotFound(ABSENT)
        return playlist

    @classmethod
    def visible_to(cls, user: User) -> Q:
        """Their own, and what others show to all, but for those who block them."""
        shown = Q(is_public=True) & ~Q(owner_id__in=Block.blockers_of(user.id))
        return shown | Q(owner_id=user.id)

    @classmethod
    async def listed(cls, user: User, wanted: LibraryQuery) -> Page[Self]:
        """The playlists that `user` may see; the query is of beginnings of words of their name."""
        rows = cls.filter(cls.visible_to(user))
        if wanted.owner_id:
            rows = rows.filter(owner_id=wanted.owner_id)
        if wanted.track_id or wanted.artist_id or wanted.genre:
            rows = rows.filter(id__in=Subquery(PlaylistTrack.of(wanted).values("playlist_id")))
        return await wanted.page(matching(rows, wanted.query), ORDERS)

    @classmethod
    async def make(cls, owner: User, now: datetime, nonce: str | None, **given: Any) -> Self:
        """Make an empty playlist, once for each `nonce`."""
        payload = {"event": "playlist:create", **given}
        if nonce and (made := await Nonce.first_result(owner.id, nonce, payload, now)):
            return await cls.open_to(owner, made)
        if await cls.filter(owner_id=owner.id).count() >= MAX_PLAYLISTS:
            raise Conflict(f"You have {MAX_PLAYLISTS:,} playlists already.")
        try:
            async with in_transaction():
                playlist = await cls.create(**given, **named(given["name"]), owner=owner)
                if nonce:
                    await Nonce.use(owner.id, nonce, payload, playlist.id, now)
        except NonceUsedError:
            return await cls.make(owner, now, nonce, **given)
        return playlist

    async def change(self, **changes: Any) -> None:
        """Change its settings; within `changing_playlist`."""
        if self.allow_duplicates and changes.get("allow_duplicates") is False:
            await self._require_no_duplicates()
        if "name" in changes:
            changes |= named(changes["name"])
        self.update_from_dict(changes)
        await self.save(update_fields=list(changes))

    async def _require_no_duplicates(self) -> None:
        track_ids = await PlaylistTrack.in_order(self.id).values_list("track_id", flat=True)
        if len(set(track_ids)) < len(track_ids):
            raise Conflict("Some track is in that playlist more than once.")

    async def track_ids(self, limit: int) -> list[UUID]:
        """The first `limit` tracks, in their order."""
        entries = PlaylistTrack.in_order(self.id).limit(limit)
        return [entry.track_id for entry in await entries]


class PlaylistTrack(Row):
    """A track's place in a playlist."""

    playlist: fields.ForeignKeyRelation[Playlist] = fields.ForeignKeyField(
        "models.Playlist", related_name="entries", on_delete=fields.CASCADE
    )
    playlist_id: UUID
    track: fields.ForeignKeyRelation[Track] = fields.ForeignKeyField(
        "models.Track", related_name="entries", on_delete=fields.CASCADE
    )
    track_id: UUID
    rank = fields.FloatField()

    class Meta:
        table = "playlist_tracks"
        indexes = (("playlist_id", "rank"), ("track_id",))

    @classmethod
    def of(cls, wanted: LibraryQuery) -> QuerySet[Self]:
        """The entries of such tracks, in any playlist."""
        entries = cls.filter(track__deleted_at=None)
        if wanted.track_id:
            entries = entries.filter(track_id=wanted.track_id)
        if wanted.artist_id:
            entries = entries.filter(track__artist_id=wanted.artist_id)
        return entries.filter(track__genre__iexact=wanted.genre) if wanted.genre else entries

    @classmethod
    def in_order(cls, playlist_id: UUID) -> QuerySet[Self]:
        """The entries of a playlist whose tracks exist, in their order."""
        entries = cls.filter(playlist_id=playlist_id, track__deleted_at=None)
        return entries.order_by("rank", "id")

    @classmethod
    async def following(cls, playlist_id: UUID, last: Self | None) -> Self | None:
        """The entry after `last`; the first where that is none of this playlist's, or its end.

        Its track stays until the end of the transaction at hand.
        """
        while True:
            entry = await cls._following(playlist_id, last)
            if entry is None or await Track.held([entry.track_id]):
                return entry

    @classmethod
    async def _following(cls, playlist_id: UUID, last: Self | None) -> Self | None:
        entries = cls.in_order(playlist_id)
        later = None
        if last and last.playlist_id == playlist_id:
            later = await entries.filter(PLACES.beyond(last.rank, last.id)).first()
        return later or await entries.first()


def named(name: str) -> dict[str, Any]:
    """The columns that follow from a playlist's name."""
    return {"name_key": sort_key(name, MAX_NAME), "words": words_of(name)}


@asynccontextmanager
async def changing_playlist(user: User, playlist_id: UUID) -> AsyncIterator[Playlist]:
    """`holding_playlist` for a change, which is noted as its newest when the block ends."""
    async with holding_playlist(user, playlist_id) as playlist:
        yield playlist
        await playlist.save(update_fields=["updated_at"])


@asynccontextmanager
async def holding_playlist(user: User, playlist_id: UUID) -> AsyncIterator[Playlist]:
    """The playlist, alone: a transaction that holds its row's lock, for who may change it.

    Those are its owner and, where it is public, moderators.
    """
    async with local_lock(f"playlist:{playlist_id}"), in_transaction():
        held = Playlist.select_for_update().filter(Playlist.visible_to(user))
        playlist = await held.get_or_none(id=playlist_id)
        if playlist is None:
            raise NotFound(ABSENT)
        if playlist.owner_id != user.id and not user.moderates:
            raise Forbidden("Only its owner, or a moderator, may change a playlist.")
        yield playlist
