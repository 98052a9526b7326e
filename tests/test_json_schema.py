"""What becomes of our schemas and fields in the documents."""

import pytest
from marshmallow import fields

from docs.json_schema import Definitions
from docs.typescript import interface
from schemas.base import Reply, Request
from schemas.fields import Choice, Flag, Id, Integer, Text


class PartReply(Reply):
    """A part of a whole."""

    id = Id(required=True)


class WholeReply(Reply):
    name = Text(required=True, allow_none=True)
    kind = Choice("a", "b", required=True, allow_none=True)
    part = fields.Nested(PartReply, allow_none=True)
    parts = fields.List(fields.Nested(PartReply), required=True)
    numbers = fields.Dict(keys=fields.String(), values=Integer(0, 9), required=True)
    level = Choice(1, 0, -1, required=True)


class Ask(Request):
    name = Text(1, 80, required=True, blank=False)
    limit = Integer(1, 100, load_default=50)
    is_new = Flag()


def test_optional_nullable_nested_lists_and_choices_become_types() -> None:
    definitions = Definitions()
    definitions.reference(WholeReply)
    assert interface("Whole", definitions.objects["Whole"]).splitlines() == [
        "export interface Whole {",
        "  name: string | null;",
        '  kind: "a" | "b" | null;',
        "  part?: Part | null;",
        "  parts: Part[];",
        "  numbers: Record<string, number>;",
        "  level: 1 | 0 | -1;",
        "}",
    ]


def test_a_request_is_described_with_its_limits() -> None:
    definitions = Definitions()
    definitions.reference(Ask)
    assert definitions.objects["Ask"] == {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 80, "pattern": r"\S"},
            "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 50},
            "isNew": {"type": "boolean"},
        },
        "required": ["name"],
        "additionalProperties": False,
    }


def test_two_schemas_of_one_name_are_refused() -> None:
    definitions = Definitions()
    definitions.reference(PartReply)
    other = type("Part", (Reply,), {})
    with pytest.raises(ValueError, match="Part"):
        definitions.reference(other)


def test_a_field_that_nobody_described_is_refused() -> None:
    other = type("Other", (Reply,), {"when": fields.TimeDelta()})
    with pytest.raises(TypeError, match="TimeDelta"):
        Definitions().reference(other)
