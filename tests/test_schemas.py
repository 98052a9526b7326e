"""The house's fields: strict on the way in, camelCase and plain on the way out."""

import math
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from marshmallow import ValidationError, fields

from handlers import catalogue
from handlers.envelope import MAX_DETAILS, load, success
from handlers.registry import Who, broadcasts
from models.cursor import Page, decode_cursor, encode_cursor
from models.errors import ValidationFailed
from schemas.base import Broadcast, Paging, Reply, Request, camel_case, details, dump
from schemas.fields import Choice, Email, Flag, Id, Integer, Number, Text, Time, Url

ID = "01890a5d-ac96-774b-bcce-b302099a8057"


class Wish(Request):
    some_text = Text(1, 5, blank=False, pattern=r"[a-z ]+", says="Small letters only.")
    count = Integer(0, 10)
    ratio = Number(-1, 1)
    flag = Flag()
    id = Id()
    vote = Choice(1, 0, -1)
    colour = Choice("red", "blue")
    url = Url(allow_none=True)
    email = Email()


class Thing(Reply):
    made_at = Time(allow_none=True)
    the_id = Id(allow_none=True)
    inner = fields.Nested(Wish)


@pytest.mark.parametrize(
    ("payload", "loaded"),
    [
        ({}, {}),
        ({"someText": "ab c"}, {"some_text": "ab c"}),
        ({"count": 5.0}, {"count": 5}),
        ({"count": -0.0}, {"count": 0}),
        ({"ratio": 1}, {"ratio": 1.0}),
        ({"flag": False}, {"flag": False}),
        ({"id": ID.upper()}, {"id": UUID(ID)}),
        ({"vote": -1}, {"vote": -1}),
        ({"url": None}, {"url": None}),
        ({"url": "/media/a/b.png"}, {"url": "/media/a/b.png"}),
        ({"url": "HTTPS://example.org"}, {"url": "HTTPS://example.org"}),
        ({"email": "Ada.L+x@Example.org"}, {"email": "Ada.L+x@Example.org"}),
    ],
)
def test_what_is_as_declared_is_taken(payload: dict[str, Any], loaded: dict[str, Any]) -> None:
    assert load(Wish, payload) == loaded
    assert [type(value) for value in load(Wish, payload).values()] == [
        type(value) for value in loaded.values()
    ]


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("someText", "", "too_short"),
        ("someText", "   ", "too_short"),
        ("someText", "abcdef", "too_long"),
        ("someText", "ABC", "invalid"),
        ("someText", "ab\n", "invalid"),
        ("someText", "a\x00", "invalid"),
        ("someText", "a\x7f", "invalid"),
        ("someText", "\ud800", "invalid"),
        ("someText", 5, "invalid_type"),
        ("someText", True, "invalid_type"),
        ("some_text", "ab", "unknown"),
        ("count", "5", "invalid_type"),
        ("count", True, "invalid_type"),
        ("count", 0.5, "invalid_type"),
        ("count", -1, "too_small"),
        ("count", 11, "too_big"),
        ("count", math.inf, "invalid"),
        ("count", 10**400, "invalid"),
        ("ratio", math.nan, "invalid"),
        ("ratio", 1.0000001, "too_big"),
        ("flag", 1, "invalid_type"),
        ("flag", "true", "invalid_type"),
        ("id", ID.replace("-", ""), "invalid"),
        ("id", f"{{{ID}}}", "invalid"),
        ("id", f"urn:uuid:{ID}", "invalid"),
        ("id", 7, "invalid_type"),
        ("vote", True, "invalid"),
        ("vote", 1.0, "invalid"),
        ("vote", "1", "invalid"),
        ("colour", ["red"], "invalid"),
        ("url", "javascript:alert(1)", "invalid"),
        ("url", "https://", "invalid"),
        ("url", "https://user@example.org", "invalid"),
        ("url", "/elsewhere", "invalid"),
        ("url", "https://example.org/a b", "invalid"),
        ("email", "İ" * 240 + "@example.org", "too_long"),
        ("email", "ada@", "invalid"),
    ],
)
def test_what_is_not_is_refused_with_a_code(key: str, value: Any, code: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        load(Wish, {key: value})
    (found,) = refused.value.details
    assert (found["path"], found["code"]) == ([key], code)
    assert refused.value.message.startswith(f"{key}: ")


def test_a_key_of_bad_will_is_named_without_its_harm() -> None:
    keys = {"\ud800" * 5: 1, "x" * 1000: 2, "a\x00b": 3}
    with pytest.raises(ValidationFailed) as refused:
        load(Wish, keys)
    for detail in refused.value.details:
        (name,) = detail["path"]
        assert len(name.encode()) <= 64 * 3
        assert name.isprintable()


def test_an_answer_does_not_grow_with_the_rubbish_it_answers() -> None:
    with pytest.raises(ValidationFailed) as refused:
        load(Wish, {"count": "x", **{f"key{n}": 1 for n in range(5000)}})
    assert len(refused.value.details) == MAX_DETAILS
    assert refused.value.details[0]["path"] == ["count"]


def test_wrong_things_within_things_are_found_by_their_path() -> None:
    class Outer(Request):
        wishes = fields.List(fields.Nested(Wish))

    with pytest.raises(ValidationError) as refused:
        Outer().load({"wishes": [{}, {"count": "x"}]})
    assert details(refused.value.messages) == [
        {
            "path": ["wishes", 1, "count"],
            "code": "invalid_type",
            "message": "This must be a number.",
        }
    ]


def test_what_goes_out_is_plain_and_in_camel_case() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678_900, timezone(timedelta(hours=2)))
    thing = {"made_at": moment, "the_id": UUID(ID)}
    assert dump(Thing, thing) == {"madeAt": "2026-01-02T01:04:05.678Z", "theId": ID}
    nothing = {"made_at": None, "the_id": None}
    assert dump(Thing, nothing) == {"madeAt": None, "theId": None}
    whole = {"made_at": datetime(2026, 1, 1, tzinfo=UTC)}
    assert dump(Thing, whole) == {"madeAt": "2026-01-01T00:00:00.000Z"}


@pytest.mark.parametrize(
    ("name", "wire"), [("room_id", "roomId"), ("id", "id"), ("rtt_p95_ms", "rttP95Ms")]
)
def test_names_are_in_camel_case(name: str, wire: str) -> None:
    assert camel_case(name) == wire


def test_a_list_carries_its_cursor_and_what_else_is_known_of_it() -> None:
    page = Page([{"the_id": UUID(ID)}], "next", {"total": 3})
    envelope = success(page, Thing, many=True)
    assert envelope["data"] == [{"theId": ID}]
    assert envelope["meta"] == {"nextCursor": "next", "total": 3}
    assert success(None, None) == {"success": True, "data": {}}
    assert load(Paging, {}) == {"limit": 50}


@pytest.mark.parametrize("key", [("ada", 5), ("", -(2**62)), ("\N{SNOWMAN} \U0001f3b5", 0)])
def test_a_cursor_comes_back_as_it_went(key: tuple[str, int]) -> None:
    assert decode_cursor(encode_cursor(*key), str, int) == list(key)


def test_a_cursor_gives_ids_and_choices_as_what_they_are() -> None:
    cursor = encode_cursor(Who.ACCOUNT, UUID(ID))
    assert decode_cursor(cursor, Who, UUID) == [Who.ACCOUNT, UUID(ID)]
    for wrong in (encode_cursor("nobody", UUID(ID)), encode_cursor("user", "ada")):
        with pytest.raises(ValidationFailed):
            decode_cursor(wrong, Who, UUID)


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "x", "!!!!", "W10", "é", "\ud800", "W" * 500),
        encode_cursor("ada"),
        encode_cursor(5, "ada"),
        encode_cursor("ada", 5.0),
        encode_cursor("ada", True),
        encode_cursor("a\x00b", 5),
        encode_cursor("\ud800", 5),
        encode_cursor("ada", 2**63),
        encode_cursor("ada", 5, 5),
    ],
)
def test_a_cursor_that_is_none_of_ours_is_refused(cursor: str) -> None:
    with pytest.raises(ValidationFailed):
        decode_cursor(cursor, str, int)


def test_an_event_of_the_server_is_known_by_its_name() -> None:
    assert {*catalogue.__all__} >= {"session", "user"}  # which declare them
    assert {"connected", "session:ended", "user:updated"} <= set(broadcasts())
    assert list(broadcasts()) == sorted(broadcasts())
    assert all(issubclass(schema, Broadcast) for schema in broadcasts().values())
