"""What must be known again when somebody comes back from a provider: kept by us, for one return."""

import secrets
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Self

import redis.asyncio as redis

from models.errors import Unauthorized
from models.ticket import Tickets, hash_of

STATE_LASTS = timedelta(minutes=10)
STATES = Tickets("oauth-state", STATE_LASTS)
SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class OAuthState:
    """One way to a provider and back.

    `verifier` proves to the provider that who asked is who brings the code (PKCE), `nonce` to us
    that its answer is to this question. `browser` is the hash of what the browser was given to show
    again. `return_to` is the page that waits, and `link_to` the user to whom it shall belong.
    """

    provider: str
    redirect_uri: str
    browser: str
    return_to: str | None
    link_to: str | None
    verifier: str
    nonce: str

    @classmethod
    def new(cls, browser: str, **known: Any) -> Self:
        """The state of a way that begins in the browser which holds the secret `browser`."""
        verifier, nonce = (secrets.token_urlsafe(SECRET_BYTES) for _ in range(2))
        return cls(browser=hash_of(browser), verifier=verifier, nonce=nonce, **known)

    async def keep(self, client: "redis.Redis") -> str:
        """Keep it for ten minutes; gives what the provider must bring back."""
        return await STATES.issue(client, asdict(self))

    @classmethod
    async def returned(
        cls, client: "redis.Redis", provider: str, state: str, browser: str
    ) -> "OAuthState":
        """The state that was brought back, once; `Unauthorized` for any that is not this one's."""
        found = OAuthState(**await STATES.take(client, state))
        same = secrets.compare_digest(found.browser, hash_of(browser))
        if not same or found.provider != provider:
            raise Unauthorized("This sign-in did not begin here. Please try again.")
        return found


def new_browser_secret() -> str:
    """What a browser is given, to be known again."""
    return secrets.token_urlsafe(SECRET_BYTES)
