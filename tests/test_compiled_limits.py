"""Where our loops end: what they do not know is left to marshmallow, and nothing of it is lost."""

from types import SimpleNamespace
from typing import Any

import pytest
from marshmallow import INCLUDE, ValidationError, fields, post_load, pre_dump, validate
from marshmallow import validates_schema as checks

from schemas.base import Request, dump, instance
from schemas.fields import Integer, Text
from tests.twins import assert_same_dump, assert_same_load

VALUES: list[Any] = [None, "", "a", " ada ", "x" * 6, 5, ["ada"], {"a": 1}, "2026-01-02", b"ada"]


class Shouted(fields.String):
    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
        return str(value).upper()


class Lenient(Text):
    def accept(self, value: Any) -> str:
        return f"{value!r}"


def is_short(text: str) -> None:
    if len(text) > 3:
        raise ValidationError("Too long.")


def odd_fields() -> dict[str, fields.Field[Any]]:
    """Kinds that our loops do not know, and some that they must not treat like their kin."""
    return {
        "derived": Lenient(),
        "shouted": Shouted(),
        "a date": fields.Date(),
        "computed": fields.Function(lambda row: f"of {row!r:.10}"),
        "constant": fields.Constant(5),
        "with defaults": Text(dump_default="out", load_default="in"),
        "with made defaults": Text(dump_default=lambda: "out", load_default=lambda: "in"),
        "validated": Text(validate=[is_short, validate.OneOf(["ada", "a"])]),
        "prepared": Text(pre_load=str, post_load=[str.upper]),
        "dotted": Text(attribute="name.first"),
        "of another name": Text(attribute="name", data_key="wire"),
        "nullable": Text(2, 5, allow_none=True),
        "null by default": Text(load_default=None),
        "only out": Text(dump_only=True),
        "only in": Text(load_only=True),
        "a mapping": fields.Dict(keys=fields.String(), values=Shouted()),
        "a plain mapping": fields.Dict(),
        "a list of odd": fields.List(Shouted()),
        "a list with a default": fields.List(Text(dump_default="out")),
        "raw": fields.Raw(),
    }


@pytest.mark.parametrize("name", odd_fields())
def test_an_odd_field_is_left_to_marshmallow(name: str) -> None:
    schema = Request.from_dict({"name": odd_fields()[name]})
    for value in VALUES:
        for key in ("name", "wire", "other"):
            assert_same_load(schema(), {key: value})
        for row in ({"name": value}, SimpleNamespace(name=value), SimpleNamespace(), {}, value):
            assert_same_dump(schema(), row)


class Hooked(Request):
    name = Text()

    @pre_dump
    def rename(self, row: Any, **_kwargs: Any) -> Any:
        return {"name": f"was {row['name']}"}

    @post_load
    def count(self, loaded: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        return {**loaded, "count": len(loaded)}


class Checked(Request):
    name = Text()

    @checks
    def is_not_ada(self, loaded: dict[str, Any], **_kwargs: Any) -> None:
        if loaded["name"] == "ada":
            raise ValidationError("Not her.")


class Renaming(Request):
    name = Text()

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        return super().get_attribute(obj, attr, default) or "nobody"


class Including(Request):
    name = Text()

    class Meta:
        unknown = INCLUDE


class Person(Request):
    name = Text()
    age = Integer(0, 99)


class Twofold(Request):
    """One key of the wire makes two of ours."""

    name = Text()
    again = Text(data_key="name", load_only=True)


ROW = {"name": "ada", "age": 5}
SCHEMAS = [Hooked, Checked, Renaming, Including, Person, Twofold]


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_an_odd_schema_is_left_to_marshmallow(schema: type[Request]) -> None:
    for row in ({"name": "ada"}, {"name": "bob"}, {"name": ""}, {"name": 5}, ROW):
        assert_same_dump(instance(schema), row)
        assert_same_dump(instance(schema), [row], many=True)
        assert_same_load(instance(schema), row)


def test_options_of_an_instance_hold() -> None:
    for options in ({"only": ["age"]}, {"exclude": ["age"]}, {"many": True}, {"partial": True}):
        for row in (ROW, [ROW], None, {}, {"name": 5}):
            assert_same_dump(Person(**options), row)
            assert_same_load(Person(**options), row)


def test_options_of_a_call_hold() -> None:
    for options in ({"many": True}, {"many": False}, {"partial": True}, {"unknown": INCLUDE}):
        for data in (ROW, [ROW], {}, {**ROW, "more": 1}):
            assert_same_load(instance(Person), data, **options)


class Party(Request):
    guest = fields.Nested(Person)
    guests = fields.Nested(Person, many=True)
    others = fields.Nested(Person(many=True))
    young = fields.Nested(Person(only=("age",)))
    name = fields.Pluck(Person, "name")
    hooked = fields.List(fields.Nested(Hooked))


def test_schemas_within_schemas_keep_their_options() -> None:
    rows: dict[str, Any] = dict.fromkeys(("guest", "young", "name"), ROW)
    rows |= {key: [ROW, ROW] for key in ("guests", "others", "hooked")}
    assert_same_dump(instance(Party), rows)
    for key, row in rows.items():
        assert_same_dump(instance(Party), {key: row})
        assert_same_dump(instance(Party), {key: None})


def test_a_schema_that_was_used_may_be_copied_with_fewer_fields() -> None:
    used = Person()
    assert (used.dump(ROW), used.load(ROW)) == (ROW, ROW)
    within = Request.from_dict({"it": fields.Nested(used, only=("age",))})()
    assert within.dump({"it": ROW}) == {"it": {"age": 5}}
    with pytest.raises(ValidationError):
        within.load({"it": ROW})


class Box(Request):
    """It may hold another of its kind."""

    name = Text()
    inner = fields.Nested(lambda: Box, allow_none=True)


def test_a_schema_may_hold_itself() -> None:
    boxes = {"name": "a", "inner": {"name": "b", "inner": {"name": "c", "inner": None}}}
    assert dump(Box, boxes) == boxes
    assert_same_dump(instance(Box), boxes)
