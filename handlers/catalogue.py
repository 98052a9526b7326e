"""Imports every module that declares events or requests, so that the registry is complete."""

from handlers import (
    artist,
    channel,
    clock,
    favorite,
    friend,
    message,
    playback,
    playlist,
    queue,
    room,
    server,
    session,
    track,
    two_factor,
    typing,
    user,
    user_account,
)
from handlers.http import auth, health

__all__ = [
    "artist",
    "auth",
    "channel",
    "clock",
    "favorite",
    "friend",
    "health",
    "message",
    "playback",
    "playlist",
    "queue",
    "room",
    "server",
    "session",
    "track",
    "two_factor",
    "typing",
    "user",
    "user_account",
]
