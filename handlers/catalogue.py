"""Imports every module that declares events or requests, so that the registry is complete."""

from handlers import clock, session, user
from handlers.http import auth, health

__all__ = ["auth", "clock", "health", "session", "user"]
