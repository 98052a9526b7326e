"""Whatever comes in or goes out: our loops do to it what marshmallow's do."""

import math
from collections import UserDict
from datetime import UTC, timedelta, timezone
from enum import StrEnum
from types import SimpleNamespace
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import pytest
from asyncpg.pgproto import pgproto
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import Schema, fields, missing

from schemas.base import Broadcast, Reply, Request, instance
from schemas.fields import Choice, Email, Flag, Id, Integer, Number, Text, Time, Url
from tests.malice import EVENTS, NIL, NUMBERS, OTHERS, TEXTS
from tests.twins import assert_same_dump, assert_same_load

Declared = TypeVar("Declared", bound=Schema)

THOROUGH = settings(deadline=None, max_examples=60)


def schemas_of(base: type[Declared]) -> list[type[Declared]]:
    """What the app has of them, however deeply derived."""
    found = [*base.__subclasses__(), *(s for b in base.__subclasses__() for s in schemas_of(b))]
    return [schema for schema in dict.fromkeys(found) if schema.__module__.startswith("schemas.")]


REQUESTS = list(dict.fromkeys([*(e.request for e in EVENTS.values()), *schemas_of(Request)]))
ANSWERS = list(dict.fromkeys([*schemas_of(Reply), *schemas_of(Broadcast)]))


# What comes in.

RUBBISH = st.one_of(
    st.sampled_from([*TEXTS, *NUMBERS, *OTHERS, 10**400, float("nan"), float("inf"), -0.0]),
    st.text(max_size=40),
    st.recursive(st.none() | st.booleans() | st.floats(), st.lists, max_leaves=3),
)


def right(field: fields.Field[Any]) -> st.SearchStrategy[Any]:
    """What the field takes, to its edges."""
    found: st.SearchStrategy[Any]
    match field:
        case Id():
            found = st.uuids().map(str) | st.uuids().map(str).map(str.upper)
        case Choice():
            found = st.sampled_from(field.choices)
        case Flag():
            found = st.booleans()
        case Integer() | Number():
            least, most = field.least, field.most
            edges = st.sampled_from([least, most, float(least), float(most)])
            found = edges | st.integers(math.ceil(least), math.floor(most))
        case Email():
            found = st.emails()
        case Url():
            found = st.sampled_from(["/media/x.png", "https://example.org/x"])
        case Text(pattern=pattern) if pattern:
            found = st.from_regex(pattern, fullmatch=True).map(lambda text: text[: field.most])
        case Text():
            letters = st.characters(exclude_categories=["C"])
            size = st.sampled_from([max(field.least, 1), field.most])
            found = st.text(letters, min_size=field.least, max_size=field.least + 9)
            found |= size.map(lambda size: "x" * size)
    return found | st.none() if field.allow_none else found


def wrong(field: fields.Field[Any]) -> st.SearchStrategy[Any]:
    """What the field just does not take, and what no field does."""
    found: list[Any] = [None]
    match field:
        case Id():
            found += [NIL[:-1], NIL.replace("-", ""), NIL.replace("-", "{", 1), f"{{{NIL[2:]}}}"]
        case Integer() | Number():
            found += [field.least - 1, field.most + 1, field.least + 0.5, str(field.least), True]
        case Text():
            found += ["x" * (field.least - 1), "x" * (field.most + 1), " " * field.least, "a\x7f"]
    return st.sampled_from(found) | RUBBISH


@st.composite
def payloads(draw: st.DrawFn, request: type[Request]) -> dict[str, Any]:
    """A payload with its keys in any order: right, or spoilt in one place."""
    known = {str(field.data_key): field for field in instance(request).fields.values()}
    needed = {key: right(field) for key, field in known.items() if field.required}
    others = {key: right(field) for key, field in known.items() if not field.required}
    payload = draw(st.fixed_dictionaries(needed, optional=others))
    match draw(st.sampled_from(["right", "wrong key", "strange key", "missing key"])):
        case "wrong key" if known:
            key = draw(st.sampled_from(list(known)))
            payload[key] = draw(wrong(known[key]))
        case "strange key":
            names = [field.name or "" for field in known.values()]
            key = draw(st.sampled_from([*names, "_schema", ""]) | st.text(max_size=9))
            payload[key] = draw(RUBBISH)
        case "missing key" if payload:
            del payload[draw(st.sampled_from(list(payload)))]
    return dict(draw(st.permutations(list(payload.items()))))


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda schema: schema.__name__)
def test_a_payload_is_loaded_or_refused_as_marshmallow_would(request_: type[Request]) -> None:
    @THOROUGH
    @given(payloads(request_))
    def holds(payload: dict[str, Any]) -> None:
        assert_same_load(instance(request_), payload)

    holds()


# What goes out.


class Colour(StrEnum):
    RED = "red"


class Both(SimpleNamespace):
    """Something that may be read either way, and not with the same result."""

    def __getitem__(self, key: str) -> Any:
        if key.startswith(("a", "c")):
            raise KeyError(key)
        return getattr(self, key)


MOMENTS = st.datetimes(
    timezones=st.sampled_from(
        [UTC, ZoneInfo("UTC"), ZoneInfo("Europe/London"), timezone(timedelta(hours=-3)), None]
    ),
)
IDS = st.uuids() | st.uuids().map(lambda found: pgproto.UUID(found.bytes))
SHAPES = [dict, UserDict, SimpleNamespace, Both]
ODD = st.sampled_from([None, missing, b"bytes", b"\xff", 5, Colour.RED, "", (), True])


def written(field: fields.Field[Any]) -> st.SearchStrategy[Any]:
    """What a row or a handler may hold for the field."""
    found: st.SearchStrategy[Any]
    match field:
        case Id():
            found = IDS
        case Time():
            found = MOMENTS
        case Integer() | Number() | Flag():
            found = st.integers() | st.floats() | st.booleans()
        case fields.String() | Choice():
            found = st.text(max_size=5) | st.just(Colour.RED)
        case fields.Nested():
            found = rows(type(field.schema))
        case fields.List():
            listed = st.lists(written(field.inner) | st.none(), max_size=2)
            found = listed | listed.map(tuple)
        case fields.Dict():
            found = st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
    return found


KNOWN_ROWS: dict[type[Schema], st.SearchStrategy[Any]] = {}


def rows(schema: type[Schema]) -> st.SearchStrategy[Any]:
    """Objects of all shapes with what the schema asks for; some have odd parts, or lack some."""
    if schema not in KNOWN_ROWS:
        known = instance(schema).dump_fields.items()
        values = {field.attribute or name: written(field) for name, field in known}
        whole = st.fixed_dictionaries(values)
        odd = {name: value | ODD for name, value in values.items()}
        parts = st.one_of(whole, st.fixed_dictionaries({}, optional=odd))
        made = st.builds(lambda shape, held: shape(**held), st.sampled_from(SHAPES), parts)
        KNOWN_ROWS[schema] = made
    return KNOWN_ROWS[schema]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda schema: schema.__name__)
def test_a_row_is_dumped_as_by_marshmallow(answer: type[Schema]) -> None:
    @THOROUGH
    @given(st.lists(rows(answer), max_size=2))
    def holds(found: list[Any]) -> None:
        for row in found:
            assert_same_dump(instance(answer), row)
        assert_same_dump(instance(answer), found, many=True)

    holds()


def test_no_schema_of_the_app_is_left_to_marshmallow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Schema, "_serialize")
    assert all(instance(answer).dump(object()) == {} for answer in ANSWERS)
    assert [request for request in REQUESTS if request().read is None] == []
