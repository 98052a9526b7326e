"""Providers: where people are asked who they are (RFC 6749, with PKCE, RFC 7636).

What is asked is Authlib's, and is sent by aiohttp, which serves here already: Authlib's own clients
need httpx, for which it says at every start that it will do without it.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import structlog
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from config.outgoing import Answer, NoAnswerError, Outgoing
from config.settings import ProviderSettings
from models.errors import Unauthorized, Unavailable
from models.oauth.person import Person
from models.oauth.state import OAuthState

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# The provider does not know us: no matter of who signs in, but of our settings.
OUR_FAULT = {"invalid_client", "unauthorized_client", "unsupported_grant_type"}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where people are sent, and where their codes become tokens."""

    authorize: str
    token: str


class Provider(ABC):
    """Somewhere people have an account with which they can sign in here."""

    name: ClassVar[str]
    title: ClassVar[str]
    scope: ClassVar[str]

    def __init__(self, settings: ProviderSettings, outgoing: Outgoing) -> None:
        self._settings = settings
        self._outgoing = outgoing

    @abstractmethod
    async def endpoints(self, now: datetime) -> Endpoints:
        """Where they are now."""

    @abstractmethod
    async def person(self, code: str, state: OAuthState, now: datetime) -> Person:
        """Who came back with `code`; `Unauthorized` where the provider does not stand by it."""

    def more_to_ask(self, _state: OAuthState) -> dict[str, str]:
        """What else goes into the address to which people are sent."""
        return {}

    async def address(self, kept_as: str, state: OAuthState, now: datetime) -> str:
        """Where to send somebody, who is to come back with `kept_as`."""
        uri: str = prepare_grant_uri(
            (await self.endpoints(now)).authorize,
            client_id=self._settings.client_id,
            response_type="code",
            redirect_uri=state.redirect_uri,
            scope=self.scope,
            state=kept_as,
            code_challenge=create_s256_code_challenge(state.verifier),
            code_challenge_method="S256",
            **self.more_to_ask(state),
        )
        return uri

    async def tokens(self, code: str, state: OAuthState, now: datetime) -> dict[str, Any]:
        """What the provider gives for `code`; `Unauthorized` where it gives nothing for it."""
        url = (await self.endpoints(now)).token
        body = prepare_token_request(
            "authorization_code",
            code=code,
            redirect_uri=state.redirect_uri,
            code_verifier=state.verifier,
        )
        us = ClientAuth(self._settings.client_id, self._settings.client_secret)
        url, headers, body = us.prepare("POST", url, dict(FORM), body)
        answer = await self.ask("POST", url, headers, body)
        if answer.status != 200:
            raise self._refusal(answer)
        return answer.data

    async def ask(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: str | None = None,
    ) -> Answer:
        """What it answers; `Unavailable` while it is down."""
        try:
            return await self._outgoing.ask(method, url, headers, body)
        except NoAnswerError as error:
            raise self.away(str(error)) from None

    async def document(self, url: str) -> dict[str, Any]:
        """What stands at `url`; `Unavailable` where nothing does."""
        answer = await self.ask("GET", url)
        if answer.status != 200:
            raise self.away(f"status {answer.status}")
        return answer.data

    def away(self, why: str) -> Unavailable:
        """It does not do what it should, now."""
        log.warning("provider away", provider=self.name, why=why)
        return Unavailable(f"{self.title} does not answer. Please try again soon.")

    def unconfirmed(self, why: str) -> Unauthorized:
        """What was brought back is not what the provider gives to who it knows."""
        log.warning("sign-in not confirmed", provider=self.name, why=why)
        return Unauthorized(f"{self.title} did not confirm who you are. Please try again.")

    def _refusal(self, answer: Answer) -> Unauthorized | Unavailable:
        error = str(answer.data.get("error", answer.status))[:64]
        if error in OUR_FAULT:
            log.error("a provider does not know us", provider=self.name, why=error)
            return Unavailable(f"Signing in with {self.title} is not set up rightly.")
        return self.unconfirmed(error)
