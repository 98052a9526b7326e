"""The statements that store messages: on PostgreSQL one, on SQLite a few.

A channel's row is locked before the nonces, and of several each in the order of its key: so that
two processes which write at once wait for each other, and never each for the other.
"""

from models.channel import READABLE, ChannelType
from models.nonce import UNLESS_USED
from models.sql import Bulk

EVENT = "message"
ROW = {
    "id": "uuid",
    "channel_id": "uuid",
    "author_id": "uuid",
    "content": "text",
    "nonce": "text",
    "reply_to_id": "uuid",
    "sent_at": "timestamptz",
    "nonce_id": "uuid",
    "payload_hash": "text",
    "data": "text",
}
INTO_NONCES = """
    INSERT INTO nonces (id, user_id, nonce, payload_hash, result_id, used_at, created_at)
    SELECT nonce_id, author_id, nonce, payload_hash, {given}.id, sent_at, sent_at
"""
INTO_MESSAGES = """
    INSERT INTO messages (id, channel_id, author_id, content, nonce, reply_to_id,
                          edited, pinned, seq, number, created_at, sent_at, updated_at)
    SELECT id, channel_id, author_id, content, nonce, reply_to_id,
           FALSE, FALSE, seq, seq, sent_at, sent_at, sent_at
"""
INTO_EVENTS = "INSERT INTO channel_events (channel_id, seq, event, message_id, data)"


def storing(open_channels: str) -> Bulk:
    """Stores what is given to `open_channels`, which has its `place` and its channel's `id`.

    Of every message `there` says that its channel is among them; `seq` is null where it is not,
    or where its nonce has been used.
    """
    return Bulk(
        f"""
        WITH given AS (SELECT * FROM {{given}}),
        open AS ({open_channels}),
        locked AS (
            SELECT id FROM channels WHERE id IN (SELECT id FROM open)
            ORDER BY id FOR NO KEY UPDATE
        ),
        let_in AS (
            SELECT given.* FROM given
            JOIN open ON open.place = given.place JOIN locked ON locked.id = open.id
        ),
        fresh AS (
            {INTO_NONCES.format(given="let_in")} FROM let_in
            WHERE nonce IS NOT NULL ORDER BY author_id, nonce
            {UNLESS_USED.format(stale="$1")} RETURNING result_id
        ),
        accepted AS (
            SELECT let_in.*, row_number() OVER (PARTITION BY channel_id ORDER BY place) AS step
            FROM let_in
            WHERE nonce IS NULL OR let_in.id IN (SELECT result_id FROM fresh)
        ),
        counted AS (
            UPDATE channels SET last_seq = last_seq + more.count
            FROM (SELECT channel_id, count(*) AS count FROM accepted GROUP BY channel_id) AS more
            WHERE channels.id = more.channel_id
            RETURNING channels.id, channels.last_seq - more.count AS before
        ),
        numbered AS (
            SELECT accepted.*, before + step AS seq
            FROM accepted JOIN counted ON counted.id = accepted.channel_id
        ),
        stored AS ({INTO_MESSAGES} FROM numbered),
        logged AS (
            {INTO_EVENTS}
            SELECT channel_id, seq, '{EVENT}', id, data::jsonb || jsonb_build_object('seq', seq)
            FROM numbered ORDER BY place
        )
        SELECT let_in.id IS NOT NULL AS there, numbered.seq
        FROM given
        LEFT JOIN let_in ON let_in.id = given.id
        LEFT JOIN numbered ON numbered.id = given.id
        ORDER BY given.place
        """,  # noqa: S608 - of our own parts, as all here
        **ROW,
    )


# Of those whose author has been found to be allowed to write there.
STORE = storing("SELECT place, channel_id AS id FROM given")
# Of those whom anybody may write to who reads them: whether they do is asked by the way.
STORE_READABLE = storing(
    f"""
    SELECT given.place, channels.id FROM given JOIN channels ON channels.id = given.channel_id
    {READABLE.format(user="given.author_id")} AND channels.type = '{ChannelType.TEXT}'
    """  # noqa: S608
)

# SQLite writes nothing within a larger statement: the same in four.
USE_NONCES = Bulk(
    f"""
    {INTO_NONCES.format(given="given")} FROM {{given}} WHERE nonce IS NOT NULL
    {UNLESS_USED.format(stale="$1")} RETURNING result_id
    """,
    **ROW,
)
COUNT = Bulk(
    """
    UPDATE channels SET last_seq = last_seq + count
    FROM {given} WHERE channels.id = given.channel_id
    RETURNING channels.id, last_seq
    """,
    channel_id="uuid",
    count="int",
)
ADD_MESSAGES = Bulk(f"{INTO_MESSAGES} FROM {{given}}", **ROW, seq="bigint")
ADD_EVENTS = Bulk(
    f"""
    {INTO_EVENTS} SELECT channel_id, seq, '{EVENT}', id, data FROM {{given}} ORDER BY place
    """,  # noqa: S608
    **ROW,
    seq="bigint",
)
