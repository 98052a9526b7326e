"""Search by words: PostgreSQL's full text and SQLite's FTS5 behind one filter.

Each searched row has `words`, which we have folded and split ourselves: see `models.words`. Both
databases only look them up, and so find the same.

- PostgreSQL keeps the words and their beginnings in a generated column with a GIN index. How a list
  is read is its choice: by that index where what is wanted is rare, along the index of the list's
  order where it is in every other row.
- SQLite has an FTS5 table for each, kept by triggers: see `models.search_sqlite`.
"""

from typing import Any, TypeVar

from pypika_tortoise.context import SqlContext
from pypika_tortoise.terms import Criterion, ValueWrapper
from tortoise.expressions import Q, ResolveContext
from tortoise.query_utils import QueryModifier
from tortoise.queryset import QuerySet

from models.row import Row
from models.words import wanted_words

# A beginning of so many letters at most is an entry of PostgreSQL's index (migration 0007).
LONGEST_ENTRY = 32

AnyRow = TypeVar("AnyRow", bound=Row)

SEARCHED = ("artists", "playlists", "tracks", "users")


def matching(rows: QuerySet[AnyRow], query: str | None) -> QuerySet[AnyRow]:
    """Those of `rows` that have for each word of `query` one which begins so; all without any."""
    words = wanted_words(query or "")
    return rows.filter(Matching(words)) if words else rows


class Matching(Q):
    """The filter of rows that have words with all of these beginnings."""

    def __init__(self, beginnings: list[str]) -> None:
        super().__init__()
        self._beginnings = beginnings

    def __bool__(self) -> bool:
        return True

    def resolve(self, resolve_context: ResolveContext) -> QueryModifier:
        """The condition in the database's own words."""
        table = resolve_context.table
        if resolve_context.model._meta.db.capabilities.dialect == "sqlite":  # noqa: SLF001
            return QueryModifier(where_criterion=InSqlite(table, self._beginnings))
        return QueryModifier(where_criterion=InPostgres(table, self._beginnings))


class _Words(Criterion):
    """A condition on the words of a table."""

    def __init__(self, table: Any, beginnings: list[str]) -> None:
        super().__init__()
        self.table, self.beginnings = table, beginnings

    @property
    def tables_(self) -> set[Any]:
        return {self.table}


class InPostgres(_Words):
    """The query stands in the statement, not among its values.

    Only so does the planner always know how rare it is: for a statement that it has seen five
    times it may make one plan for all values. It stands there as hexadecimal digits, which nothing
    that anybody writes can break out of.
    """

    def get_sql(self, ctx: SqlContext) -> str:
        digits = tsquery(self.beginnings).encode().hex()
        name = self.table.alias or self.table.get_table_name()
        column = f'"{name}".beginnings' if ctx.with_namespace else "beginnings"
        return f"{column} @@ convert_from('\\x{digits}'::bytea, 'UTF8')::tsquery"


class InSqlite(_Words):
    def get_sql(self, ctx: SqlContext) -> str:
        table, query = self.table.get_table_name(), ValueWrapper(fts_query(self.beginnings))
        name = f'"{self.table.alias or table}".' if ctx.with_namespace else ""
        found = (
            f"SELECT p.id FROM {table}_fts f JOIN {table}_places p ON p.place = f.rowid"  # noqa: S608
            f" WHERE f.words MATCH {query.get_sql(ctx)}"
        )
        return f'{name}"id" IN ({found})'


def tsquery(beginnings: list[str]) -> str:
    """All of them, as PostgreSQL's own parser reads it: entries, or what whole words begin with."""
    return " & ".join(map(_entry, beginnings))


def _entry(beginning: str) -> str:
    quoted = beginning.replace("\\", "\\\\").replace("'", "''")
    return f"'{quoted}'" if len(beginning) <= LONGEST_ENTRY else f"'{quoted}':*"


def fts_query(beginnings: list[str]) -> str:
    """All of them, as FTS5 reads it."""
    quoted = (word.replace('"', '""') for word in beginnings)
    return " AND ".join(f'"{word}" *' for word in quoted)
