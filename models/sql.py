"""SQL for which the ORM has no words, the same on SQLite and PostgreSQL."""

from datetime import datetime
from typing import Any
from uuid import UUID

from tortoise.connection import get_connection


async def rows(statement: str, *values: Any) -> list[dict[str, Any]]:
    """What `statement` gives, within the transaction at hand; `$1`, `$2` … stand for `values`."""
    connection = get_connection("default")
    if connection.capabilities.dialect == "sqlite":
        statement = statement.replace("$", "?")
        values = tuple(_as_text(value) for value in values)
    # Not `execute_query`: on PostgreSQL that gives no rows for an UPDATE … RETURNING.
    return await connection.execute_query_dict(statement, list(values))


def _as_text(value: Any) -> Any:
    """As Tortoise writes it into a SQLite column, so that both compare equal."""
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat(" ") if isinstance(value, datetime) else value
