"""Imports every module that declares events or requests, so that the registry is complete."""

from handlers import channel, clock, message, room, server, session, typing, user
from handlers.http import auth, health

__all__ = [
    "auth",
    "channel",
    "clock",
    "health",
    "message",
    "room",
    "server",
    "session",
    "typing",
    "user",
]
