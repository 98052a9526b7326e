"""Google: an OpenID provider, which says by signature who somebody is."""

from datetime import UTC, datetime, timedelta
from typing import Any

from config.outgoing import Outgoing
from config.settings import ProviderSettings
from models.oauth.id_token import Expected, IdTokenError, KeySet, read_id_token
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

DISCOVERY = "/.well-known/openid-configuration"
DISCOVERY_LASTS = timedelta(hours=1)
ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Google(Provider):
    """Its addresses and its keys are kept for an hour; then it is asked again."""

    name = "google"
    title = "Google"
    scope = "openid email profile"

    def __init__(self, settings: ProviderSettings, outgoing: Outgoing) -> None:
        super().__init__(settings, outgoing)
        self._found: dict[str, Any] = {}
        self._found_at = datetime.min.replace(tzinfo=UTC)
        self._keys = KeySet(self._read_keys)

    async def endpoints(self, now: datetime) -> Endpoints:
        if now - self._found_at >= DISCOVERY_LASTS:
            self._found, self._found_at = await self._discover(), now
        return Endpoints(self._found["authorization_endpoint"], self._found["token_endpoint"])

    def more_to_ask(self, state: OAuthState) -> dict[str, str]:
        return {"nonce": state.nonce}

    async def person(self, code: str, state: OAuthState, now: datetime) -> Person:
        token = (await self.tokens(code, state, now)).get("id_token")
        issuer = self._settings.url
        # Google has signed without the scheme, too, and says that it still may.
        issuers = [issuer, issuer.removeprefix("https://")]
        expected = Expected(issuers, self._settings.client_id, state.nonce)
        try:
            claims = await read_id_token(token, self._keys, expected, now)
        except IdTokenError as error:
            raise self.unconfirmed(str(error)) from None
        subject = claims["sub"]
        if not subject or len(subject) > MAX_SUBJECT:
            raise self.unconfirmed("no subject")
        return Person(
            provider=self.name,
            subject=subject,
            email=bounded_email(claims.get("email")),
            email_verified=claims.get("email_verified") in (True, "true"),
            name=bounded_name(claims.get("name")),
            picture=bounded_picture(claims.get("picture")),
            tokens=ProviderTokens(),  # there is nothing that we would ask it later
        )

    async def _discover(self) -> dict[str, Any]:
        issuer = self._settings.url
        found = await self.document(issuer + DISCOVERY)
        scheme = issuer.partition("://")[0]
        addresses = [str(found.get(name, "")) for name in ADDRESSES]
        secure = all(address.startswith(f"{scheme}://") for address in addresses)
        if found.get("issuer") != issuer or not secure:
            raise self.away("not the document of that issuer")
        return found

    async def _read_keys(self) -> dict[str, Any]:
        return await self.document(self._found["jwks_uri"])
