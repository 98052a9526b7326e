"""Opaque cursors: the sort key of the last row seen, so that pages stay right while rows come."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from uuid import UUID

from tortoise.models import Model
from tortoise.queryset import QuerySet

from models.errors import ValidationFailed

T = TypeVar("T")
R = TypeVar("R", bound=Model)


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A slice of a list; `meta` goes beside `nextCursor` into the answer."""

    items: list[T]
    next_cursor: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)


async def read_page(
    rows: QuerySet[R], limit: int, key: Callable[[R], tuple[str | float | UUID, ...]]
) -> Page[R]:
    """The first `limit` of `rows`; `key` is what the order goes by, for the next page to begin."""
    found = await rows.limit(limit + 1)
    if len(found) <= limit:
        return Page(found)
    return Page(found[:limit], encode_cursor(*key(found[limit - 1])))


def encode_cursor(*key: str | float | UUID) -> str:
    """An opaque text out of a row's sort key."""
    return base64.urlsafe_b64encode(json.dumps(key, default=str).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, *kinds: type) -> list[Any]:
    """The sort key in `cursor`, each part of its kind (also UUID, or an enum of texts).

    Anything else is `ValidationFailed`.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        key = json.loads(base64.urlsafe_b64decode(padded))
        if not isinstance(key, list):
            raise ValueError("No key.")  # noqa: TRY004, TRY301 - one way out for all that is wrong
        return [_as_kind(part, kind) for part, kind in zip(key, kinds, strict=True)]
    except (ValueError, RecursionError):
        raise foreign_cursor() from None


def foreign_cursor() -> ValidationFailed:
    """The refusal of a cursor that no page of ours gave."""
    return ValidationFailed.of("cursor", "invalid", "That cursor is none of ours.")


def _as_kind(part: Any, kind: type) -> Any:
    """`part` as that kind, where it is something that a database can compare with."""
    plain = kind if kind in {int, float} else str
    if type(part) is not plain or not _is_comparable(part):
        raise ValueError("Not of that kind.")
    return part if kind is plain else kind(part)


def _is_comparable(part: str | float) -> bool:
    if isinstance(part, str):
        return "\0" not in part and not any("\ud800" <= char <= "\udfff" for char in part)
    return abs(part) < 2**63
