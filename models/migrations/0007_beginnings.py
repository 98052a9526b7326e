from tortoise import migrations
from tortoise.migrations import operations as ops

from models.search import SEARCHED
from models.sql import is_sqlite, rows

FUNCTION = """
    CREATE FUNCTION soundroom_beginnings(words text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT array_to_tsvector(string_to_array(words, ' ') || array_agg(left(word, count)))
        FROM unnest(string_to_array(words, ' ')) AS word,
            generate_series(1, least(length(word), 32)) AS count
    $$
"""
COLUMN = "beginnings tsvector GENERATED ALWAYS AS (soundroom_beginnings(words)) STORED"
OF_WORDS = "array_to_tsvector(string_to_array(words, ' '))"


async def index_beginnings(_apps, _editor):
    """PostgreSQL finds a beginning as one entry of its index, not as all that begin so.

    A word has a beginning of each length up to 32, and itself.
    """
    if is_sqlite():
        return
    await rows(FUNCTION)
    for table in SEARCHED:
        await rows(f"DROP INDEX idx_{table}_words")
        await rows(f"ALTER TABLE {table} ADD COLUMN {COLUMN}")
        await index(table, "beginnings")


async def index_words(_apps, _editor):
    if is_sqlite():
        return
    for table in SEARCHED:
        await rows(f"ALTER TABLE {table} DROP COLUMN beginnings")
        await index(table, OF_WORDS)
    await rows("DROP FUNCTION soundroom_beginnings")


async def index(table, what):
    # Without `fastupdate`: who searches never has to read what was written since.
    name = f"idx_{table}_words"
    await rows(f"CREATE INDEX {name} ON {table} USING gin ({what}) WITH (fastupdate = off)")


class Migration(migrations.Migration):
    dependencies = [('models', '0006_attachments')]

    initial = False

    operations = [
        ops.RunPython(index_beginnings, index_words),
    ]
