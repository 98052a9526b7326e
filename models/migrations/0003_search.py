from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields
from tortoise.indexes import Index

from models.search import SEARCHED
from models.sql import Bulk, is_sqlite, rows
from models.words import sort_key, words_of

AT_ONCE = 1000
TRACKS = """
    SELECT t.id, t.name, t.genre, a.name AS artist FROM tracks t LEFT JOIN artists a ON a.id = t.artist_id
"""


def artist(row):
    return sort_key(row["name"]), words_of(row["name"], row["genre"])


def playlist(row):
    return sort_key(row["name"], 100), words_of(row["name"])


def track(row):
    artist_key = "1" if row["artist"] is None else f"0{sort_key(row['artist'])}"
    return sort_key(row["name"]), artist_key, words_of(row["name"], row["artist"], row["genre"])


# Each table: how its rows are read, what is made of one, and the columns that this goes into.
TABLES = {
    "artists": ("SELECT t.id, t.name, t.genre FROM artists t", artist, ("sort_key", "words")),
    "playlists": ("SELECT t.id, t.name FROM playlists t", playlist, ("name_key", "words")),
    "tracks": (TRACKS, track, ("name_key", "artist_key", "words")),
}


async def fill(_apps, _editor):
    """Write what the rows that are there already are found and sorted by."""
    for table, (select, made_of, columns) in TABLES.items():
        values = ", ".join(f"{column} = given.{column}" for column in columns)
        update = f"UPDATE {table} SET {values} FROM {{given}} WHERE {table}.id = given.id"
        write = Bulk(update, id="uuid", **dict.fromkeys(columns, "text"))
        after = "00000000-0000-0000-0000-000000000000"
        while some := await rows(f"{select} WHERE t.id > $1 ORDER BY t.id LIMIT {AT_ONCE}", after):
            await write.rows([[row["id"], *made_of(row)] for row in some])
            after = some[-1]["id"]


async def index(_apps, _editor):
    """PostgreSQL's indexes; SQLite's tables are made at the start: see `models.search_sqlite`."""
    if is_sqlite():
        return
    for table in SEARCHED:
        # Without `fastupdate`: who searches never has to read what was written since.
        await rows(
            f"CREATE INDEX idx_{table}_words ON {table}"
            " USING gin (array_to_tsvector(string_to_array(words, ' '))) WITH (fastupdate = off)"
        )


async def drop_index(_apps, _editor):
    if not is_sqlite():
        for table in SEARCHED:
            await rows(f"DROP INDEX idx_{table}_words")


class Migration(migrations.Migration):
    dependencies = [('models', '0002_library_and_people')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Artist',
            name='sort_key',
            field=fields.CharField(default='', db_default='', max_length=200),
        ),
        ops.AddIndex(
            model_name='Artist',
            index=Index(fields=['sort_key', 'id']),
        ),
        ops.AddIndex(
            model_name='Artist',
            index=Index(fields=['created_by_id']),
        ),
        ops.AddIndex(
            model_name='Favorite',
            index=Index(fields=['user_id', 'id']),
        ),
        ops.AddIndex(
            model_name='Favorite',
            index=Index(fields=['track_id']),
        ),
        ops.AddIndex(
            model_name='PlaybackRecord',
            index=Index(fields=['track_id']),
        ),
        ops.AddIndex(
            model_name='PlaybackRecord',
            index=Index(fields=['autoplayed_id']),
        ),
        ops.AddIndex(
            model_name='PlaybackRecord',
            index=Index(fields=['queue_item_id']),
        ),
        ops.AddIndex(
            model_name='Playlist',
            index=Index(fields=['name_key', 'id']),
        ),
        ops.AddIndex(
            model_name='Playlist',
            index=Index(fields=['owner_id', 'name_key', 'id']),
        ),
        ops.AddIndex(
            model_name='Playlist',
            index=Index(fields=['updated_at', 'id']),
        ),
        ops.AddIndex(
            model_name='PlaylistTrack',
            index=Index(fields=['track_id']),
        ),
        ops.AddIndex(
            model_name='QueueItem',
            index=Index(fields=['track_id']),
        ),
        ops.AlterField(
            model_name='Track',
            name='cover_url',
            field=fields.CharField(null=True, max_length=2048),
        ),
        ops.AddField(
            model_name='Track',
            name='artist_key',
            field=fields.CharField(default='1', db_default='1', max_length=201),
        ),
        ops.AddIndex(
            model_name='Track',
            index=Index(fields=['name_key', 'id']),
        ),
        ops.AddIndex(
            model_name='Track',
            index=Index(fields=['artist_key', 'name_key', 'id']),
        ),
        ops.AddIndex(
            model_name='Track',
            index=Index(fields=['duration', 'id']),
        ),
        ops.AddIndex(
            model_name='Track',
            index=Index(fields=['artist_id', 'name_key', 'id']),
        ),
        ops.AddIndex(
            model_name='Track',
            index=Index(fields=['uploaded_by_id', 'name_key', 'id']),
        ),
        ops.RunPython(fill, ops.RunPython.noop),
        ops.RunPython(index, drop_index),
    ]
