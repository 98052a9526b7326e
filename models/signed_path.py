"""Paths that show a private file to whoever holds them, for a while."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, urlencode

LABEL = b"soundroom private media"


class PathSigner:
    """Signs paths with a key of its own, made of a secret."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), LABEL, hashlib.sha256)

    def sign(self, path: str, until: datetime) -> str:
        """The path, quoted, with its end (a second since the epoch) and its signature."""
        expires = str(int(until.timestamp()))
        query = {"expires": expires, "signature": self._signature(path, expires)}
        return f"{quote(path)}?{urlencode(query)}"

    def opens(self, path: str, query: Mapping[str, str], now: datetime) -> bool:
        """Whether `query` has our signature of the path (unquoted), and its time is not over."""
        expires = query.get("expires", "")
        given = query.get("signature", "").encode(errors="replace")
        ours = hmac.compare_digest(self._signature(path, expires).encode(), given)
        return ours and int(expires) > now.timestamp()

    def _signature(self, path: str, expires: str) -> str:
        return hmac.new(
            self._key, f"{path}\n{expires}".encode(errors="replace"), hashlib.sha256
        ).hexdigest()
