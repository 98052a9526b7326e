"""Encryption at rest: what must be read again, but not by who only holds the database."""

import hmac
from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

# The same secret also signs tokens: with a key of its own for each use, neither tells of the other.
ENCRYPTION, DIGESTS = b"soundroom: encryption at rest", b"soundroom: digests at rest"
KEY_BYTES = 32


class UndecryptableError(Exception):
    """The text was not encrypted with our secret, or has been changed since."""


class Cipher:
    """Encrypts texts with a key made of `secret`; whoever has that secret can read them again."""

    def __init__(self, secret: str) -> None:
        self._fernet = Fernet(urlsafe_b64encode(_derived(secret, ENCRYPTION)))
        self._digest_key = _derived(secret, DIGESTS)

    def encrypt(self, text: str) -> str:
        """`text`, unreadable, and each time different."""
        return self._fernet.encrypt(text.encode()).decode("ascii")

    def decrypt(self, token: str) -> str:
        """What `encrypt` was given; `UndecryptableError` for anything that it did not make."""
        try:
            return self._fernet.decrypt(token.encode()).decode()
        except (InvalidToken, UnicodeError):
            raise UndecryptableError from None

    def digest(self, text: str) -> str:
        """64 hex digits, the same for the same text: to recognise what need not be read again."""
        return hmac.digest(self._digest_key, text.encode(), "sha256").hex()


def _derived(secret: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose).derive(secret.encode())
