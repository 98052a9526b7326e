"""The same work done twice: by our schemas, and by marshmallow alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from schemas.compiled import Compiled


def assert_same_load(schema: Schema, data: Any, **options: Any) -> None:
    """`data` is loaded into the same, or refused for the same reasons."""
    _assert_same(lambda: schema.load(data, **options))


def assert_same_dump(schema: Schema, row: Any, **options: Any) -> None:
    """`row` goes out as the same, or fails in the same way."""
    _assert_same(lambda: schema.dump(row, **options))


def _assert_same(work: Callable[[], Any]) -> None:
    ours = _outcome(work)
    with marshmallow_alone():
        theirs = _outcome(work)
    assert ours == theirs


def _outcome(work: Callable[[], Any]) -> str:
    """What comes of it, to the order of keys and the types of values; or how it fails."""
    try:
        return repr(work())
    except ValidationError as refused:
        return f"{refused.messages} {refused.valid_data}"
    except Exception as error:  # noqa: BLE001 - it is compared
        return repr(error)


@contextmanager
def marshmallow_alone() -> Iterator[None]:
    """Every schema is loaded and dumped by marshmallow's own loops."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delattr(Compiled, "load")
        patch.delattr(Compiled, "dump")
        yield
