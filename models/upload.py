"""From an uploaded recording to a track that everybody can play."""

from collections.abc import Awaitable, Callable
from pathlib import PurePath
from typing import Any
from uuid import UUID

from tortoise.transactions import in_transaction

from models.artist import Artist
from models.audio import AudioWorkers, Recording
from models.errors import ValidationFailed
from models.media import track_url
from models.publication import Upload
from models.row import new_id
from models.track import Track
from models.track_change import create_track
from models.user import User
from models.words import readable

UNNAMED = "Untitled"


Also = Callable[[UUID], Awaitable[None]]
"""What is written in one transaction with a track, of which it is given the id."""


async def publish_track(
    upload: Upload,
    workers: AudioWorkers,
    user: User,
    form: dict[str, Any],
    also: Also | None = None,
) -> Track:
    """Read, convert and publish a finished upload; what `form` does not say, the file's tags do.

    `NotAudio` where there is no sound in it, `NotFound` for an unknown artist.
    """
    artist = await named_artist(form, user)
    recording = await workers.process(await upload.finish(), upload.target)
    if artist is None and recording.artist:
        artist = await Artist.called(recording.artist, recording.genre, user)
    track_id = new_id()
    name = recording.title or spoken_name(upload.name)
    values = track_values(track_id, recording, {"name": name, **form})
    async with upload.published(track_id, Track.known), in_transaction():
        await create_track(artist.id if artist else None, **values, uploaded_by=user)
        if also:
            await also(track_id)
    return await Track.get(id=track_id).select_related("artist")


async def named_artist(form: dict[str, Any], user: User) -> Artist | None:
    """The artist that the form names, by id or by name."""
    if artist := await known_artist(form):
        return artist
    name = form.get("artist_name")
    return await Artist.called(name, form.get("genre"), user) if name else None


async def known_artist(form: dict[str, Any]) -> Artist | None:
    """The artist that the form names by id, if it does; nobody is made."""
    if "artist_id" not in form:
        return None
    if "artist_name" in form:
        raise ValidationFailed.of("artistId", "invalid", "Give either artistId or artistName.")
    return await Artist.existing(form["artist_id"])


def spoken_name(file_name: str) -> str:
    """What a file's name calls the recording: without its ending and what nobody can read."""
    stem = PurePath(file_name.replace("\\", "/")).stem.replace("_", " ")
    return readable(stem)[:200] or UNNAMED


def track_values(track_id: UUID, recording: Recording, form: dict[str, Any]) -> dict[str, Any]:
    """The row's columns, out of the recording and what its uploader says of it."""
    genre = form.get("genre") or recording.genre
    cover = recording.cover_name
    return {
        "id": track_id,
        "name": form["name"],
        "genre": genre and genre[:100],
        "duration": recording.duration_s,
        "url": track_url(track_id, recording.audio_name),
        "mime_type": recording.audio_type,
        "cover_url": track_url(track_id, cover) if cover else None,
        "waveform": list(recording.waveform),
    }
