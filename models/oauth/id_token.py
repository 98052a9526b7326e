"""What an OpenID provider says of somebody, signed (OpenID Connect Core, section 3.1.3.7)."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt

ALGORITHM = "RS256"
KEYS_LAST = timedelta(hours=1)
# A key that is not known may be new; but nobody makes us ask more often than this.
ASK_AGAIN_AFTER = timedelta(seconds=30)
MAX_KEYS = 32
MAX_LENGTH = 16 * 1024
SKEW_S = 60
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]

Claims = dict[str, Any]
ReadKeys = Callable[[], Awaitable[dict[str, Any]]]


class IdTokenError(Exception):
    """The token is not the provider's word on who signs in here, now; says why."""


class KeySet:
    """A provider's public keys by their ids, read anew when they are old or lack one."""

    def __init__(self, read: ReadKeys) -> None:
        self._read = read
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = datetime.min.replace(tzinfo=UTC)
        self._reading = asyncio.Lock()

    async def key(self, key_id: str, now: datetime) -> jwt.PyJWK:
        """The key of that id; `IdTokenError` where there is none."""
        async with self._reading:
            age = now - self._read_at
            lacks = key_id not in self._keys and age >= ASK_AGAIN_AFTER
            if lacks or age >= KEYS_LAST:
                self._keys = _keys_in(await self._read())
                self._read_at = now
        if key_id not in self._keys:
            raise IdTokenError("no such key")
        return self._keys[key_id]


def _keys_in(document: dict[str, Any]) -> dict[str, jwt.PyJWK]:
    """The keys for signatures; what cannot be one is left out."""
    listed = document.get("keys")
    found = {}
    for entry in listed[:MAX_KEYS] if isinstance(listed, list) else []:
        try:
            if entry["kty"] == "RSA" and entry.get("use", "sig") == "sig":
                found[str(entry["kid"])] = jwt.PyJWK(entry, ALGORITHM)
        except (jwt.PyJWTError, KeyError, TypeError, ValueError, AttributeError):
            continue
    return found


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say: who issued it, for whom, and to which question it is the answer."""

    issuers: list[str]
    audience: str
    nonce: str


async def read_id_token(token: object, keys: KeySet, expected: Expected, now: datetime) -> Claims:
    """The claims of a good token; `IdTokenError` for any other."""
    if not isinstance(token, str) or len(token) > MAX_LENGTH:
        raise IdTokenError("no token")
    try:
        key_id = str(jwt.get_unverified_header(token).get("kid"))
        claims = _verified(token, await keys.key(key_id, now), expected)
    except (jwt.PyJWTError, ValueError, RecursionError) as error:
        raise IdTokenError(type(error).__name__) from None
    _check(claims, expected, now)
    return claims


def _verified(token: str, key: jwt.PyJWK, expected: Expected) -> Claims:
    # Time is the caller's: one clock decides for all, and tests can set it.
    options: Any = {"verify_exp": False, "verify_iat": False, "require": REQUIRED}
    claims: Claims = jwt.decode(
        token,
        key,
        [ALGORITHM],
        audience=expected.audience,
        issuer=expected.issuers,
        options=options,
    )
    return claims


def _check(claims: Claims, expected: Expected, now: datetime) -> None:
    expires, issued = claims["exp"], claims["iat"]
    if not isinstance(expires, int | float) or expires <= now.timestamp():
        raise IdTokenError("expired")
    if not isinstance(issued, int | float) or issued > now.timestamp() + SKEW_S:
        raise IdTokenError("not issued yet")
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else expected.audience) != expected.audience:
        raise IdTokenError("for another party")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not secrets.compare_digest(
        nonce.encode(), expected.nonce.encode()
    ):
        raise IdTokenError("another nonce")
