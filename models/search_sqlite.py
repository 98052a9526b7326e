"""SQLite's side of the search: a full-text table for each searched one, kept by triggers.

A row's `rowid` may change when SQLite tidies up or Tortoise rebuilds its table, so every row has a
`place` of its own in the full-text table. A rebuild also drops the triggers; whoever finds one
missing, or another than ours, fills the full-text table anew.
"""

from tortoise.transactions import in_transaction

from models.search import SEARCHED
from models.sql import is_sqlite, rows

# Split at spaces only: the words have been made already.
TOKENIZER = "unicode61 remove_diacritics 0 categories 'L* M* N* P* S* C*'"

TRIGGERS = {
    "{table}_words_added": """AFTER INSERT ON {table} BEGIN
        INSERT INTO {table}_places (id) VALUES (new.id);
        INSERT INTO {table}_fts (rowid, words)
            SELECT place, new.words FROM {table}_places WHERE id = new.id;
    END""",
    "{table}_words_changed": """AFTER UPDATE OF words ON {table}
        WHEN old.words IS NOT new.words BEGIN
        UPDATE {table}_fts SET words = new.words
            WHERE rowid = (SELECT place FROM {table}_places WHERE id = new.id);
    END""",
    "{table}_words_removed": """AFTER DELETE ON {table} BEGIN
        DELETE FROM {table}_fts
            WHERE rowid = (SELECT place FROM {table}_places WHERE id = old.id);
        DELETE FROM {table}_places WHERE id = old.id;
    END""",
}
CONTENT = (
    "DROP TABLE IF EXISTS {table}_fts",
    "DROP TABLE IF EXISTS {table}_places",
    "CREATE TABLE {table}_places (place INTEGER PRIMARY KEY, id CHAR(36) NOT NULL UNIQUE)",
    'CREATE VIRTUAL TABLE {table}_fts USING fts5(words, tokenize="{tokenizer}")',
    "INSERT INTO {table}_places (id) SELECT id FROM {table}",
    """INSERT INTO {table}_fts (rowid, words)
        SELECT place, words FROM {table}_places JOIN {table} USING (id)""",
)
# A write that changes nothing takes the database's lock. A transaction that begins by reading
# cannot write any more once another process, which starts at the same time, has written.
WAIT_FOR_OTHERS = "UPDATE tracks SET words = words WHERE id IS NULL"


async def prepare() -> None:
    """Have SQLite's full-text tables and their triggers in place; for every start, after migration.

    Where all is well, that is one look.
    """
    if not is_sqlite() or not await _stale():
        return
    async with in_transaction():
        await rows(WAIT_FOR_OTHERS)
        for table in await _stale():
            await _make_anew(table, triggers(table))


async def _stale() -> list[str]:
    """The tables of which a trigger is missing, or another than ours."""
    found = await rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    there = {row["name"]: row["sql"] for row in found}
    return [table for table in SEARCHED if not triggers(table).items() <= there.items()]


def triggers(table: str) -> dict[str, str]:
    """The statements that make a table's triggers, by name."""
    named = (
        (name.format(table=table), body.format(table=table)) for name, body in TRIGGERS.items()
    )
    return {name: f"CREATE TRIGGER {name} {body}" for name, body in named}


async def _make_anew(table: str, wanted: dict[str, str]) -> None:
    dropped = [f"DROP TRIGGER IF EXISTS {name}" for name in wanted]
    content = [each.format(table=table, tokenizer=TOKENIZER) for each in CONTENT]
    for statement in (*dropped, *content, *wanted.values()):
        await rows(statement)
