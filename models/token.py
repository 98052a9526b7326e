"""Signed tokens: which session speaks, and until when."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import jwt

from models.errors import Unauthorized
from models.row import new_id
from models.session import REFRESH_LIFETIME, Session
from models.user import User

ALGORITHM = "HS256"
ACCESS_LIFETIME = timedelta(minutes=15)
MAX_LENGTH = 4096


@dataclass(frozen=True, slots=True)
class AccessClaims:
    """What a good access token says."""

    user_id: UUID
    session_id: UUID
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshClaims:
    """What a good refresh token says: itself, and the token that it was given for."""

    session_id: UUID
    token_id: UUID
    parent_id: UUID | None


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a client keeps after signing in."""

    access_token: str
    refresh_token: str
    expires_in: int


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Signs and reads tokens; each type has a secret of its own."""

    access_secret: str
    refresh_secret: str

    def pair(self, user: User, session: Session, now: datetime, *, first: bool) -> TokenPair:
        """Tokens for `session`; the `first` refresh token is the one the session began with."""
        claims = {"userId": str(user.id), "sid": str(session.id), "iat": int(now.timestamp())}
        access = {
            **claims,
            "username": user.username,
            "email": user.email,
            "type": "access",
            "exp": int((now + ACCESS_LIFETIME).timestamp()),
        }
        refresh = {
            **claims,
            "type": "refresh",
            "jti": str(session.refresh_id if first else new_id()),
            "parent": None if first else str(session.refresh_id),
            "exp": int((now + REFRESH_LIFETIME).timestamp()),
        }
        return TokenPair(
            jwt.encode(access, key(self.access_secret), ALGORITHM),
            jwt.encode(refresh, key(self.refresh_secret), ALGORITHM),
            int(ACCESS_LIFETIME.total_seconds()),
        )

    def read_access(self, token: str, now: datetime) -> AccessClaims:
        """The claims of an access token; `Unauthorized` says what is wrong with it."""
        claims = _read(token, self.access_secret, "access", now)
        try:
            expires_at = datetime.fromtimestamp(claims["exp"], UTC)
            return AccessClaims(UUID(claims["userId"]), UUID(claims["sid"]), expires_at)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise _invalid() from None

    def read_refresh(self, token: str, now: datetime) -> RefreshClaims:
        """The claims of a refresh token; `Unauthorized` says what is wrong with it."""
        claims = _read(token, self.refresh_secret, "refresh", now)
        try:
            parent = claims["parent"]
            return RefreshClaims(
                UUID(claims["sid"]), UUID(claims["jti"]), UUID(parent) if parent else None
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise _invalid() from None


@cache
def key(secret: str) -> jwt.PyJWK:
    """A secret as the library wants it: given a text, it prepares it anew for every token."""
    letters = urlsafe_b64encode(secret.encode()).rstrip(b"=").decode()
    return jwt.PyJWK({"kty": "oct", "k": letters}, ALGORITHM)


def _read(token: str, secret: str, kind: str, now: datetime) -> dict[str, Any]:
    if len(token) > MAX_LENGTH:
        raise _invalid()
    try:
        # Time is the caller's: one clock decides for all, and tests can set it.
        options: Any = {"verify_exp": False, "verify_iat": False, "require": ["exp", "iat"]}
        claims: dict[str, Any] = jwt.decode(token, key(secret), [ALGORITHM], options=options)
    except (jwt.InvalidTokenError, ValueError):
        raise _invalid() from None
    expires = claims["exp"]
    if claims.get("type") != kind or not isinstance(expires, int):
        raise _invalid()
    if expires <= now.timestamp():
        raise Unauthorized("This token has expired.", "token_expired")
    return claims


def _invalid() -> Unauthorized:
    return Unauthorized("This token is not valid.", "token_invalid")
