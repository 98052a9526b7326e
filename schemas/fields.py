"""The house's fields: strict on the way in, plain on the way out.

A field's `accept` says what it takes, and refuses all else with a code. What does not go out as it
is has a function that says how.
"""

import math
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields, validate

MAX_EMAIL = 254
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
URL = re.compile(r"https?://[^\s/?#@]+(?:[/?#]\S*)?|/media/\S+", re.IGNORECASE)
IS_EMAIL = validate.Email()
MANY_IDS = 4096  # the same few people, channels and rooms are named over and over
TWO_DIGITS = [f"{number:02}" for number in range(60)]
THREE_DIGITS = [f"{number:03}" for number in range(1000)]


class Problem(str):
    """A sentence about a key, with a machine's code for it."""

    __slots__ = ("code",)
    code: str

    def __new__(cls, code: str, message: str) -> Self:
        problem = super().__new__(cls, message)
        problem.code = code
        return problem


def refuse(code: str, message: str) -> ValidationError:
    return ValidationError([Problem(code, message)])


class Strict:
    """A field that takes what its `accept` takes, and nothing else."""

    def accept(self, value: Any) -> Any:
        """What a handler gets for `value`, or a `ValidationError`."""
        raise NotImplementedError

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return self.accept(value)


class Text(Strict, fields.String):
    """A string of `least` to `most` characters, without control characters or half characters."""

    def __init__(
        self,
        least: int = 0,
        most: int = 255,
        *,
        blank: bool = True,
        pattern: str | None = None,
        says: str = "",
        **kwargs: Any,
    ) -> None:
        metadata: dict[str, Any] = {"minLength": least, "maxLength": most}
        if pattern:
            metadata["pattern"] = pattern
        super().__init__(metadata=metadata, **kwargs)
        self.least, self.most, self.blank = least, most, blank
        self.pattern = re.compile(pattern) if pattern else None
        self.says = says

    def accept(self, value: Any) -> str:
        if not isinstance(value, str):
            raise refuse("invalid_type", "This must be a text.")
        if len(value) > self.most:
            raise refuse("too_long", f"At most {self.most} characters.")
        if len(value) < self.least or (not self.blank and not value.strip()):
            raise refuse("too_short", f"At least {max(self.least, 1)} characters.")
        if CONTROL.search(value):
            raise refuse("invalid", "Control characters are not taken.")
        if self.pattern and not self.pattern.fullmatch(value):
            raise refuse("invalid", self.says)
        return value


class Url(Text):
    """An http(s) address, or a path below `/media/` of this server."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, 2048, **kwargs)

    def accept(self, value: Any) -> str:
        text = super().accept(value)
        if not URL.fullmatch(text):
            raise refuse("invalid", "This must be an http or https address.")
        return text


class Email(Text):
    """An email address of at most 254 characters, also when it is put into lower case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(3, MAX_EMAIL, **kwargs)

    def accept(self, value: Any) -> str:
        text = super().accept(value)
        try:
            IS_EMAIL(text)
        except ValidationError:
            raise refuse("invalid", "This must be an email address.") from None
        if len(text.lower()) > MAX_EMAIL:
            raise refuse("too_long", f"At most {MAX_EMAIL} characters.")
        return text


class Id(Strict, fields.Field[UUID]):
    """A UUID, as text."""

    def accept(self, value: Any) -> UUID:
        if not isinstance(value, str):
            raise refuse("invalid_type", "This must be an id.")
        try:
            return _id_of(value)
        except ValueError:
            raise refuse("invalid", "This must be an id.") from None

    def _serialize(self, value: UUID | None, *_args: Any, **_kwargs: Any) -> str | None:
        return id_text(value)


@lru_cache(MANY_IDS)
def _id_of(text: str) -> UUID:
    if len(text) != 36:
        raise ValueError(text)
    return UUID(text)


def id_text(value: UUID | None) -> str | None:
    """The id as it goes out."""
    if type(value) is UUID:  # a database driver's own kind is quick by itself
        return _hyphened(value.int)
    return None if value is None else str(value)


@lru_cache(MANY_IDS)
def _hyphened(number: int) -> str:
    digits = f"{number:032x}"
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    return "-".join(parts)


class Integer(Strict, fields.Field[int]):
    """A whole number from `least` to `most`; `5.0` is one, `"5"` and `true` are not."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(metadata={"minimum": least, "maximum": most}, **kwargs)
        self.least, self.most = least, most

    def accept(self, value: Any) -> int:
        number = _number(value)
        if not number.is_integer():
            raise refuse("invalid_type", "This must be a whole number.")
        return int(_within(number, self.least, self.most))


class Number(Strict, fields.Field[float]):
    """A finite number from `least` to `most`."""

    def __init__(self, least: float, most: float, **kwargs: Any) -> None:
        super().__init__(metadata={"minimum": least, "maximum": most}, **kwargs)
        self.least, self.most = least, most

    def accept(self, value: Any) -> float:
        if type(value) is float and self.least <= value <= self.most:
            return value
        return _within(_number(value), self.least, self.most)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refuse("invalid_type", "This must be a number.")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise refuse("invalid", "This number is too large.")
    return number


def _within(number: float, least: float, most: float) -> float:
    if number < least:
        raise refuse("too_small", f"At least {least}.")
    if number > most:
        raise refuse("too_big", f"At most {most}.")
    return number


class Flag(Strict, fields.Field[bool]):
    """True or false, and nothing that merely looks like it."""

    def accept(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise refuse("invalid_type", "This must be true or false.")
        return value


class Choice(Strict, fields.Field[Any]):
    """One of a few texts (or numbers)."""

    def __init__(self, *choices: str | int, **kwargs: Any) -> None:
        super().__init__(metadata={"enum": list(choices)}, **kwargs)
        self.choices = choices

    def accept(self, value: Any) -> str | int:
        for choice in self.choices:
            if type(value) is type(choice) and value == choice:
                return choice
        raise refuse("invalid", f"One of {', '.join(map(str, self.choices))}.")


class Time(fields.Field[datetime]):
    """A moment, ISO 8601 in UTC with milliseconds."""

    def _serialize(self, value: datetime | None, *_args: Any, **_kwargs: Any) -> str | None:
        return time_text(value)


def time_text(value: datetime | None) -> str | None:
    """The moment as `isoformat` writes it, at a quarter of the price if it is in UTC."""
    if value is None:
        return None
    zone, year = value.tzinfo, value.year
    is_utc = zone is UTC or (isinstance(zone, ZoneInfo) and zone.key == "UTC")
    if not is_utc or year < 1000 or type(value) is not datetime:
        utc = value.astimezone(UTC).isoformat(timespec="milliseconds")
        return utc.replace("+00:00", "Z")
    return (
        f"{year}-{TWO_DIGITS[value.month]}-{TWO_DIGITS[value.day]}"
        f"T{TWO_DIGITS[value.hour]}:{TWO_DIGITS[value.minute]}:{TWO_DIGITS[value.second]}"
        f".{THREE_DIGITS[value.microsecond // 1000]}Z"
    )
