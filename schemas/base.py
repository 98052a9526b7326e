"""The house's schemas: camelCase on the wire, strict on the way in.

A request is loaded into keyword arguments (snake_case); anything that is not exactly as declared
is refused with a code. A reply or a broadcast is dumped from rows and dataclasses.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar

from marshmallow import RAISE, Schema, fields

from schemas.compiled import Compiled
from schemas.fields import CONTROL, Integer, Text

MAX_ECHO = 64
CODES = {"Unknown field.": "unknown", "Missing data for required field.": "required"}


class _Wire(Compiled):
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


class Paging(Request):
    """The keys of every list."""

    limit = Integer(1, 100, load_default=50)
    cursor = Text(1, 500)
