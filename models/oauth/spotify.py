"""Spotify: says who somebody is to who brings their token, and later what they listen to."""

from datetime import datetime
from typing import Any

from config.outgoing import Outgoing
from config.settings import ProviderSettings
from models.encryption import Cipher
from models.oauth.person import (
    MAX_SUBJECT,
    Person,
    ProviderTokens,
    bounded_email,
    bounded_name,
    bounded_picture,
)
from models.oauth.provider import Endpoints, Provider
from models.oauth.state import OAuthState

MAX_TOKEN = 4096
ONE_HOUR_S = 3600


class Spotify(Provider):
    """Its tokens are kept, encrypted: with them it says what somebody listens to."""

    name = "spotify"
    title = "Spotify"
    scope = "user-read-email user-read-currently-playing"

    def __init__(self, settings: ProviderSettings, outgoing: Outgoing, cipher: Cipher) -> None:
        super().__init__(settings, outgoing)
        self._cipher = cipher

    async def endpoints(self, _now: datetime) -> Endpoints:
        url = self._settings.url
        return Endpoints(f"{url}/authorize", f"{url}/api/token")

    async def person(self, code: str, state: OAuthState, now: datetime) -> Person:
        tokens = await self.tokens(code, state, now)
        access = tokens.get("access_token")
        if not isinstance(access, str) or not access.isprintable() or len(access) > MAX_TOKEN:
            raise self.away("no access token")
        headers = {"Authorization": f"Bearer {access}"}
        answer = await self.ask("GET", f"{self._settings.api_url}/v1/me", headers)
        subject = answer.data.get("id")
        if answer.status != 200 or not isinstance(subject, str):
            raise self.unconfirmed(f"status {answer.status}")
        if not 0 < len(subject) <= MAX_SUBJECT:
            raise self.unconfirmed("no subject")
        return Person(
            provider=self.name,
            subject=subject,
            email=bounded_email(answer.data.get("email")),
            email_verified=False,  # "there is no proof that it actually belongs to the user"
            name=bounded_name(answer.data.get("display_name")),
            picture=_picture(answer.data.get("images")),
            tokens=self._encrypted(tokens, now),
        )

    def _encrypted(self, tokens: dict[str, Any], now: datetime) -> ProviderTokens:
        refresh, lasts_s = tokens.get("refresh_token"), tokens.get("expires_in")
        kept = isinstance(refresh, str) and len(refresh) <= MAX_TOKEN
        known = isinstance(lasts_s, int) and 0 < lasts_s <= 24 * ONE_HOUR_S
        return ProviderTokens(
            access=self._cipher.encrypt(tokens["access_token"]),
            refresh=self._cipher.encrypt(str(refresh)) if kept else None,
            expires_at_s=int(now.timestamp()) + (int(lasts_s or 0) if known else ONE_HOUR_S),
        )


def _picture(images: object) -> str | None:
    first = images[0] if isinstance(images, list) and images else None
    return bounded_picture(first.get("url")) if isinstance(first, dict) else None
