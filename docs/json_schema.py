"""JSON Schema (2020-12 and draft 7 alike) out of our Marshmallow schemas."""

from typing import Any

from marshmallow import Schema, fields, missing

from schemas import base
from schemas import fields as house

JsonSchema = dict[str, Any]

REFERENCE = "#/components/schemas/"
NULL: JsonSchema = {"type": "null"}

# The first that a field is an instance of decides, so the special ones come before the general.
PLAIN: tuple[tuple[type[fields.Field[Any]], JsonSchema], ...] = (
    (house.Url, {"type": "string", "format": "uri-reference"}),
    (house.Id, {"type": "string", "format": "uuid"}),
    (house.Time, {"type": "string", "format": "date-time"}),
    (house.Email, {"type": "string", "format": "email"}),
    (fields.String, {"type": "string"}),
    (house.Integer, {"type": "integer"}),
    (house.Number, {"type": "number"}),
    (house.Flag, {"type": "boolean"}),
    (fields.Integer, {"type": "integer"}),
    (fields.Float, {"type": "number"}),
    (fields.Boolean, {"type": "boolean"}),
)
LIMITS = ("minLength", "maxLength", "minimum", "maximum")


class Definitions:
    """Objects by the name that they have in the documents, filled by `reference`."""

    def __init__(self) -> None:
        self._objects: dict[str, JsonSchema] = {}
        self._classes: dict[str, type[Schema]] = {}

    @property
    def objects(self) -> dict[str, JsonSchema]:
        """All objects that were referred to so far, sorted by name."""
        return dict(sorted(self._objects.items()))

    def reference(self, schema: type[Schema]) -> JsonSchema:
        """`{"$ref": …}` to `schema`, which is described along with all that it consists of."""
        name = type_name(schema)
        if self._classes.setdefault(name, schema) is not schema:
            raise ValueError(f"Two schemas would be called {name}: please rename one of them.")
        if name not in self._objects:
            self._objects[name] = {}  # taken, for schemas that hold themselves
            self._objects[name] = self._object(schema)
        return {"$ref": REFERENCE + name}

    def _object(self, schema: type[Schema]) -> JsonSchema:
        incoming = issubclass(schema, base.Request)
        built = base.instance(schema)
        found = list((built.load_fields if incoming else built.dump_fields).items())
        if incoming:  # what must be sent comes first, though a schema inherit what may be
            found.sort(key=lambda pair: not pair[1].required)
        keys = {field.data_key or name: field for name, field in found}
        described: JsonSchema = {
            "type": "object",
            "properties": {key: self._value(field, incoming) for key, field in keys.items()},
            "required": [key for key, field in keys.items() if field.required],
        }
        if text := (schema.__dict__.get("__doc__") or "").strip():
            described["description"] = " ".join(text.split())
        if incoming:
            described["additionalProperties"] = False
        return described

    def _value(self, field: fields.Field[Any], incoming: bool) -> JsonSchema:
        schema = self._bare(field, incoming)
        if incoming and field.load_default is not missing and field.load_default is not None:
            schema["default"] = field.load_default
        if text := field.metadata.get("description"):
            schema["description"] = text
        return nullable(schema) if field.allow_none else schema

    def _bare(self, field: fields.Field[Any], incoming: bool) -> JsonSchema:
        if isinstance(field, fields.Nested):
            inner = self.reference(type(field.schema))
            return {"type": "array", "items": inner} if field.schema.many else inner
        if isinstance(field, fields.List):
            return self._list(field, incoming)
        if isinstance(field, fields.Dict):
            inner = self._value(field.value_field, incoming) if field.value_field else {}
            return {"type": "object", "additionalProperties": inner}
        if isinstance(field, house.Choice):
            kind = "string" if isinstance(field.choices[0], str) else "integer"
            return {"type": kind, "enum": list(field.choices)}
        return self._plain(field, incoming)

    def _list(self, field: fields.List[Any], incoming: bool) -> JsonSchema:
        limits = {
            key: field.metadata[key] for key in ("minItems", "maxItems") if key in field.metadata
        }
        return {"type": "array", "items": self._value(field.inner, incoming), **limits}

    def _plain(self, field: fields.Field[Any], incoming: bool) -> JsonSchema:
        for kind, schema in PLAIN:
            if isinstance(field, kind):
                # Only what comes in is held to its limits.
                return schema | (limits(field) if incoming else {})
        if type(field) in {fields.Raw, fields.Field}:
            return {}
        raise TypeError(f"{type(field).__name__} has no JSON Schema yet: add it to PLAIN.")


def limits(field: fields.Field[Any]) -> JsonSchema:
    """What a value that comes in must keep to."""
    found = {key: field.metadata[key] for key in LIMITS if key in field.metadata}
    if pattern := field.metadata.get("pattern"):
        found["pattern"] = f"^(?:{pattern})$"  # ours must match as a whole, JSON Schema's anywhere
    elif isinstance(field, house.Text) and not field.blank:
        found["pattern"] = r"\S"
    return found


def nullable(schema: JsonSchema) -> JsonSchema:
    """The same, or null."""
    if "type" not in schema:
        return {"anyOf": [schema, NULL]} if schema else schema
    allowed = {**schema, "type": [schema["type"], "null"]}
    return allowed | {"enum": [*schema["enum"], None]} if "enum" in schema else allowed


def type_name(schema: type[Schema]) -> str:
    """A schema's name in the documents: `UserReply` is a User there."""
    return schema.__name__.removesuffix("Reply") or schema.__name__
