"""The house's schemas and fields: camelCase on the wire, strict on the way in.

A request is loaded into keyword arguments (snake_case); anything that is not exactly as declared
is refused with a code. A reply or a broadcast is dumped from rows and dataclasses.
"""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar, Self
from uuid import UUID

from marshmallow import RAISE, Schema, ValidationError, fields, validate

MAX_ECHO = 64
MAX_EMAIL = 254
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
URL = re.compile(r"https?://[^\s/?#@]+(?:[/?#]\S*)?|/media/\S+", re.IGNORECASE)
IS_EMAIL = validate.Email()
CODES = {"Unknown field.": "unknown", "Missing data for required field.": "required"}


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


class _Wire(Schema):
    """camelCase names."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.data_key = camel_case(field_obj.data_key or field_name)


class Request(_Wire):
    """What a client sends: unknown keys are refused."""

    class Meta:
        unknown = RAISE


class Reply(_Wire):
    """What a client is answered, or a part of it."""


class Broadcast(_Wire):
    """What the server says by itself; `event` is the name under which it is said."""

    event: ClassVar[str] = ""
    declared: ClassVar[dict[str, type["Broadcast"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if name := cls.__dict__.get("event"):
            cls.declared[name] = cls


class Empty(Request):
    """Nothing, or `{}`."""


@cache
def instance(schema: type[Schema]) -> Schema:
    """The one instance of `schema`: building one costs more than dumping with it."""
    return schema()


def dump(schema: type[Schema], value: Any) -> Any:
    """`value` as it goes over the wire."""
    return instance(schema).dump(value)


def details(messages: Any, path: tuple[str | int, ...] = ()) -> list[dict[str, Any]]:
    """Marshmallow's nested messages as the contract's flat list."""
    if isinstance(messages, Mapping):
        found = []
        for key, inner in messages.items():
            found += details(inner, path if key == "_schema" else (*path, _echo(key)))
        return found
    texts = messages if isinstance(messages, list) else [messages]
    return [{"path": list(path), "code": _code(text), "message": str(text)} for text in texts]


def _code(text: str) -> str:
    return getattr(text, "code", None) or CODES.get(text, "invalid")


def _echo(key: str | int) -> str | int:
    """A key as the client wrote it, but never what cannot be sent back or floods the answer."""
    return CONTROL.sub("\N{REPLACEMENT CHARACTER}", key)[:MAX_ECHO] if isinstance(key, str) else key


def camel_case(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


class Text(fields.String):
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

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
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

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        if not URL.fullmatch(text):
            raise refuse("invalid", "This must be an http or https address.")
        return text


class Email(Text):
    """An email address of at most 254 characters, also when it is put into lower case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(3, MAX_EMAIL, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, *args, **kwargs)
        try:
            IS_EMAIL(text)
        except ValidationError:
            raise refuse("invalid", "This must be an email address.") from None
        if len(text.lower()) > MAX_EMAIL:
            raise refuse("too_long", f"At most {MAX_EMAIL} characters.")
        return text


class Id(fields.Field[UUID]):
    """A UUID, as text."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> UUID:
        if not isinstance(value, str):
            raise refuse("invalid_type", "This must be an id.")
        try:
            identity = UUID(value)
        except ValueError:
            identity = None
        if identity is None or len(value) != 36:
            raise refuse("invalid", "This must be an id.")
        return identity

    def _serialize(self, value: UUID | None, *_args: Any, **_kwargs: Any) -> str | None:
        return None if value is None else str(value)


class Integer(fields.Field[int]):
    """A whole number from `least` to `most`; `5.0` is one, `"5"` and `true` are not."""

    def __init__(self, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(metadata={"minimum": least, "maximum": most}, **kwargs)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int:
        number = _number(value)
        if not number.is_integer():
            raise refuse("invalid_type", "This must be a whole number.")
        return int(_within(number, self.least, self.most))


class Number(fields.Field[float]):
    """A finite number from `least` to `most`."""

    def __init__(self, least: float, most: float, **kwargs: Any) -> None:
        super().__init__(metadata={"minimum": least, "maximum": most}, **kwargs)
        self.least, self.most = least, most

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> float:
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


class Flag(fields.Field[bool]):
    """True or false, and nothing that merely looks like it."""

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise refuse("invalid_type", "This must be true or false.")
        return value


class Choice(fields.Field[Any]):
    """One of a few texts (or numbers)."""

    def __init__(self, *choices: str | int, **kwargs: Any) -> None:
        super().__init__(metadata={"enum": list(choices)}, **kwargs)
        self.choices = choices

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str | int:
        for choice in self.choices:
            if type(value) is type(choice) and value == choice:
                return choice
        raise refuse("invalid", f"One of {', '.join(map(str, self.choices))}.")


class Time(fields.Field[datetime]):
    """A moment, ISO 8601 in UTC with milliseconds."""

    def _serialize(self, value: datetime | None, *_args: Any, **_kwargs: Any) -> str | None:
        if value is None:
            return None
        utc = value.astimezone(UTC).isoformat(timespec="milliseconds")
        return utc.replace("+00:00", "Z")


class Paging(Request):
    """The keys of every list."""

    limit = Integer(1, 100, load_default=50)
    cursor = Text(1, 500)
