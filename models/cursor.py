"""Opaque cursors: the sort key of the last row seen, so that pages stay right while rows come."""

import base64
import binascii
import json
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from models.errors import ValidationFailed

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A slice of a list; `meta` goes beside `nextCursor` into the answer."""

    items: list[T]
    next_cursor: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)


def encode_cursor(*key: str | float) -> str:
    """An opaque text out of a row's sort key."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *types: type) -> list[Any]:
    """The sort key in `cursor`, checked against `types`; else `ValidationFailed`."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error, RecursionError):
        key = None
    fits = isinstance(key, list) and len(key) == len(types)
    if not fits or not all(_is_key(part, kind) for part, kind in zip(key, types, strict=True)):
        raise ValidationFailed.of("cursor", "invalid", "That cursor is none of ours.")
    return list(key)


def _is_key(part: Any, kind: type) -> bool:
    """Whether `part` is of that type, and something that a database can compare with."""
    if type(part) is not kind:
        return False
    if isinstance(part, str):
        return "\0" not in part and not any("\ud800" <= char <= "\udfff" for char in part)
    return not isinstance(part, int | float) or abs(part) < 2**63
