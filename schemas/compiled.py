"""Schemas that load and dump at a fraction of marshmallow's price, and with its results.

Marshmallow stays the one declaration, and it alone explains a refusal. Only its loops are made anew
where all is known of a schema and its fields: no hooks, no validators, nothing redefined. The rest
is loaded and dumped by marshmallow, as ever.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, missing
from marshmallow.types import StrSequenceOrSet, UnknownOption
from marshmallow.utils import ensure_text_type, get_value

from schemas.fields import (
    Choice,
    Email,
    Flag,
    Id,
    Integer,
    Number,
    Strict,
    Text,
    Time,
    Url,
    id_text,
    time_text,
)

Data = Mapping[str, Any] | Sequence[Mapping[str, Any]]
AnyField = fields.Field[Any]
Write = Callable[[Any], Any]
Read = Callable[[dict[str, Any]], dict[str, Any] | None]

# Fields are known by their exact class: what is derived of it may do as it likes.
ACCEPTING = {Text, Url, Email, Id, Integer, Number, Flag, Choice}
AS_THEY_ARE = {Integer, Number, Flag, Choice, fields.Raw}
TEXTS = {Text, Url, Email, fields.String}
CONVERTED: dict[type[AnyField], Write] = {
    **dict.fromkeys(TEXTS, ensure_text_type),
    Id: id_text,
    Time: time_text,
}
# What marshmallow's loops consist of: whoever redefines any of it keeps them.
WORKINGS = {"_serialize", "_deserialize", "_do_load", "get_attribute", "dict_class"}


class Unknown(Exception):
    """Something that only marshmallow knows how to treat."""


class Compiled(Schema):
    """A schema with loops of its own, made when it is first used: change no field after that."""

    def _init_fields(self) -> None:
        super()._init_fields()
        for name in ("write", "read"):  # a copy that is given other fields had its original's
            self.__dict__.pop(name, None)

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        if not (self.many if many is None else many):
            return self.write(obj)
        if not self.known or obj is None:
            return super().dump(obj, many=True)
        return [self.write(each) for each in obj]

    def load(
        self,
        data: Data,
        *,
        many: bool | None = None,
        partial: bool | StrSequenceOrSet | None = None,
        unknown: UnknownOption | None = None,
    ) -> Any:
        if many is partial is unknown is None and self.read and type(data) is dict:
            loaded = self.read(data)
            if loaded is not None:
                return loaded
        return super().load(data, many=many, partial=partial, unknown=unknown)

    @functools.cached_property
    def known(self) -> bool:
        """Whether there is nothing to the schema but its fields."""
        own = [kind for kind in type(self).__mro__ if kind not in Schema.__mro__]
        redefined = any(WORKINGS & vars(kind).keys() for kind in own)
        return not redefined and not any(self._hooks.values())

    @functools.cached_property
    def write(self) -> Write:
        """One object as it goes out."""
        marshmallow = functools.partial(super().dump, many=False)
        try:
            return writer(self, marshmallow) if self.known else marshmallow
        except Unknown:
            return marshmallow

    @functools.cached_property
    def read(self) -> Read | None:
        """What is loaded of a plainly valid payload, None of any other."""
        usual = self.unknown == RAISE and self.partial is None and not self.many
        try:
            return reader(self) if self.known and usual else None
        except Unknown:
            return None


def writer(schema: Schema, otherwise: Write) -> Write:
    """Dumps a dict by its keys or an object by its attributes; what has both, `otherwise`."""
    plan = [
        (field.data_key or name, _name(field, name), *_going_out(field))
        for name, field in schema.dump_fields.items()
    ]

    def write(obj: Any) -> Any:
        is_dict = type(obj) is dict
        if not is_dict and hasattr(obj, "__getitem__"):
            return otherwise(obj)
        look_up: Any = dict.get if is_dict else getattr
        out = {}
        for key, name, kept, convert in plan:
            value = look_up(obj, name, missing)
            if value is missing and (value := get_value(obj, name)) is missing:
                continue
            if convert is None or type(value) is kept or value is None:
                out[key] = value
            else:
                out[key] = convert(value)
        return out

    return write


def _name(field: AnyField, name: str) -> str:
    """The attribute that the field has on this side of the wire."""
    name = field.attribute or name
    if "." in name:
        raise Unknown
    return name


def _going_out(field: AnyField) -> tuple[type | None, Write | None]:
    """The class whose values stay as they are, like None, and what becomes of all others."""
    if field.dump_default is not missing:
        raise Unknown
    return str if type(field) in TEXTS else None, _conversion(field)


def _conversion(field: AnyField) -> Write | None:
    if type(field) in AS_THEY_ARE:
        return None
    if type(field) in CONVERTED:
        return CONVERTED[type(field)]
    if type(field) is fields.Nested:
        return _nested(field)
    if type(field) is fields.List:
        return _list(field)
    if type(field) is fields.Dict and field.key_field is field.value_field is None:
        return dict
    raise Unknown


def _nested(field: fields.Nested) -> Write:
    schema = field.schema
    if schema.many or field.many:
        return functools.partial(schema.dump, many=True)
    if not isinstance(schema, Compiled) or type(schema).dump is not Compiled.dump:
        return schema.dump

    def write(value: Any) -> Any:
        return schema.write(value)  # which is not made before it is used: a schema may hold itself

    return write


def _list(field: fields.List[Any]) -> Write:
    convert = _conversion(field.inner)
    if convert is None:
        return list
    return lambda values: [None if each is None else convert(each) for each in values]


def reader(schema: Schema) -> Read:
    """Loads what is plainly valid; of all else it gives None, and marshmallow is to say why."""
    plan = [
        (field.data_key or name, _name(field, name), *_coming_in(field))
        for name, field in schema.load_fields.items()
    ]
    if len({key for key, *_ in plan}) < len(plan):
        raise Unknown

    def read(data: dict[str, Any]) -> dict[str, Any] | None:
        loaded, found = {}, 0
        for key, name, accept, field in plan:
            value = data.get(key, missing)
            if value is missing:
                if field.required:
                    return None
                if field.load_default is not missing:
                    loaded[name] = field.load_default
                continue
            found += 1
            if value is None and not field.allow_none:
                return None
            try:
                loaded[name] = None if value is None else accept(value)
            except ValidationError:
                return None
        return loaded if found == len(data) else None

    return read


def _coming_in(field: AnyField) -> tuple[Write, AnyField]:
    """What makes the field's value, and the field."""
    if type(field) not in ACCEPTING or not isinstance(field, Strict):
        raise Unknown
    if callable(field.load_default) or field.validators or field.pre_load or field.post_load:
        raise Unknown
    return field.accept, field
