"""The providers with which one can sign in here, by the settings."""

from collections.abc import Iterable

from config.outgoing import Outgoing
from config.settings import Settings
from models.encryption import Cipher
from models.errors import Unavailable
from models.oauth.google import Google
from models.oauth.provider import Provider
from models.oauth.spotify import Spotify

TITLES = {kind.name: kind.title for kind in (Google, Spotify)}


class Providers:
    """Those that are set up, by their names. Made and closed within the event loop."""

    def __init__(self, settings: Settings, cipher: Cipher) -> None:
        self._outgoing = Outgoing()
        self._known = {one.name: one for one in self._set_up(settings, cipher)}

    def _set_up(self, settings: Settings, cipher: Cipher) -> Iterable[Provider]:
        if settings.google.client_id:
            yield Google(settings.google, self._outgoing)
        if settings.spotify.client_id:
            yield Spotify(settings.spotify, self._outgoing, cipher)

    def named(self, name: str) -> Provider:
        """The provider of that name; `Unavailable` where it is not set up."""
        if name not in self._known:
            raise Unavailable(f"Signing in with {TITLES[name]} is not set up here.")
        return self._known[name]

    async def close(self) -> None:
        await self._outgoing.close()
