"""SQL for which the ORM has no words, the same on SQLite and PostgreSQL."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from tortoise.connection import get_connection


async def rows(statement: str, *values: Any) -> list[dict[str, Any]]:
    """What `statement` gives, within the transaction at hand; `$1`, `$2` … stand for `values`."""
    connection = get_connection("default")
    if is_sqlite():
        statement = statement.replace("$", "?")
        values = tuple(_as_text(value) for value in values)
    # Not `execute_query`: on PostgreSQL that gives no rows for an UPDATE … RETURNING.
    return await connection.execute_query_dict(statement, list(values))


class Bulk:
    """A statement over many rows that are given with it, which read like a table: `{given}`.

    `columns` have PostgreSQL's types; `given.place` counts the rows from 1. Further values are
    `$1`, `$2` … as always.
    """

    def __init__(self, statement: str, **columns: str) -> None:
        first = 1 + max(map(int, re.findall(r"\$(\d+)", statement)), default=0)
        # Nothing but names out of our code is put together here. PostgreSQL is given JSON, too: an
        # array for each column takes asyncpg twice as long.
        picked = (f"(value->>{at})::{columns[name]} AS {name}" for at, name in enumerate(columns))
        table = f"jsonb_array_elements(${first}::jsonb) WITH ORDINALITY AS each (value, place)"
        table = f"SELECT {', '.join(picked)}, place FROM {table}"  # noqa: S608
        self._postgres = statement.format(given=f"({table}) AS given")
        picked = (f"json_extract(value, '$[{at}]') AS {name}" for at, name in enumerate(columns))
        table = f"SELECT {', '.join(picked)}, key + 1 AS place FROM json_each(?{first})"  # noqa: S608
        self._sqlite = statement.replace("$", "?").format(given=f"({table}) AS given")

    async def rows(self, given: Sequence[Sequence[Any]], *values: Any) -> list[dict[str, Any]]:
        """What the statement gives for `given`, which has at least one row."""
        connection = get_connection("default")
        if is_sqlite():
            text = orjson.dumps([[_as_text(value) for value in row] for row in given]).decode()
            return await connection.execute_query_dict(self._sqlite, [*map(_as_text, values), text])
        text = orjson.dumps(given, default=str).decode()  # asyncpg's UUIDs are a class of its own
        return await connection.execute_query_dict(self._postgres, [*values, text])


def is_sqlite() -> bool:
    """Whether the database is SQLite; else it is PostgreSQL."""
    return get_connection("default").capabilities.dialect == "sqlite"


def _as_text(value: Any) -> Any:
    """As Tortoise writes it into a SQLite column, so that both compare equal."""
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat(" ") if isinstance(value, datetime) else value
