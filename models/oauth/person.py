"""Who a provider says that somebody is."""

from dataclasses import dataclass
from typing import Any, Self

from models.words import readable

MAX_SUBJECT = 255
MAX_EMAIL = 254
MAX_NAME = 32
MAX_URL = 2048


@dataclass(frozen=True, slots=True)
class ProviderTokens:
    """What a provider gave to ask it again later, encrypted; `expires_at_s` since the epoch."""

    access: str | None = None
    refresh: str | None = None
    expires_at_s: int | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as a provider knows them, kept to our bounds. Its `subject` is theirs for ever."""

    provider: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None
    picture: str | None
    tokens: ProviderTokens

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Self:
        """Somebody out of what `asdict` made of them, which a ticket keeps."""
        return cls(**{**kept, "tokens": ProviderTokens(**kept["tokens"])})

    @property
    def verified_email(self) -> str | None:
        """The address, where the provider says that it is theirs: no other tells who they are."""
        return self.email if self.email_verified else None


def bounded_email(value: object) -> str | None:
    """An address that we could keep, else None."""
    if not isinstance(value, str) or not value.isascii() or not value.isprintable():
        return None
    name, at, host = value.rpartition("@")
    return value if name and at and "." in host and len(value) <= MAX_EMAIL else None


def bounded_name(value: object) -> str | None:
    """A name to be shown, else None."""
    text = value if isinstance(value, str) else ""
    return readable(text)[:MAX_NAME].strip() or None


def bounded_picture(value: object) -> str | None:
    """The address of a picture, else None."""
    if not isinstance(value, str) or not value.isascii() or len(value) > MAX_URL:
        return None
    fine = value.startswith("https://") and value.isprintable() and " " not in value
    return value if fine else None
