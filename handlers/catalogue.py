"""Imports every module that declares events or requests, so that the registry is complete."""

from handlers import (
    artist,
    channel,
    clock,
    favorite,
    message,
    playback,
    playlist,
    queue,
    room,
    server,
    session,
    track,
    typing,
    user,
)
from handlers.http import auth, health

__all__ = [
    "artist",
    "auth",
    "channel",
    "clock",
    "favorite",
    "health",
    "message",
    "playback",
    "playlist",
    "queue",
    "room",
    "server",
    "session",
    "track",
    "typing",
    "user",
]
