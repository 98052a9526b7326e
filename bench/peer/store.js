// What the peer keeps: the same rows as ours, in PostgreSQL, by prepared statements.
const { createHash, randomUUID } = require("crypto");
const { Pool } = require("pg");

const TABLES = `
  CREATE TABLE users (id uuid PRIMARY KEY, username varchar(32) NOT NULL, username_key varchar(32) NOT NULL UNIQUE,
    tag_number int NOT NULL, email varchar(254), display_name varchar(32) NOT NULL, avatar_url varchar(2048),
    bio varchar(500), chosen_status varchar(7) NOT NULL DEFAULT 'online', custom_status varchar(128),
    role varchar(9) NOT NULL DEFAULT 'user', is_guest bool NOT NULL, created_at timestamptz NOT NULL);
  CREATE TABLE sessions (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES users, device varchar(200) NOT NULL,
    expires_at timestamptz NOT NULL, revoked_at timestamptz, created_at timestamptz NOT NULL);
  CREATE TABLE rooms (id uuid PRIMARY KEY, name varchar(80) NOT NULL, host_id uuid NOT NULL REFERENCES users,
    capacity int NOT NULL, member_count int NOT NULL DEFAULT 0, created_at timestamptz NOT NULL);
  CREATE TABLE channels (id uuid PRIMARY KEY, room_id uuid NOT NULL UNIQUE REFERENCES rooms,
    last_seq bigint NOT NULL DEFAULT 0);
  CREATE TABLE room_members (room_id uuid NOT NULL REFERENCES rooms, user_id uuid NOT NULL REFERENCES users,
    joined_at timestamptz NOT NULL, PRIMARY KEY (room_id, user_id));
  CREATE TABLE nonces (user_id uuid NOT NULL REFERENCES users, nonce varchar(64) NOT NULL,
    payload_hash varchar(64) NOT NULL, result_id uuid NOT NULL, used_at timestamptz NOT NULL, PRIMARY KEY (user_id, nonce));
  CREATE INDEX ON nonces (used_at);
  CREATE TABLE messages (id uuid PRIMARY KEY, channel_id uuid NOT NULL REFERENCES channels,
    author_id uuid REFERENCES users, content text NOT NULL, nonce varchar(64), reply_to_id uuid,
    edited bool NOT NULL DEFAULT false, pinned bool NOT NULL DEFAULT false, seq bigint NOT NULL,
    number bigint NOT NULL, sent_at timestamptz NOT NULL, UNIQUE (channel_id, number));
  CREATE INDEX ON messages (channel_id);
  CREATE TABLE channel_events (id bigserial PRIMARY KEY, channel_id uuid NOT NULL REFERENCES channels,
    seq bigint NOT NULL, event varchar(64) NOT NULL, message_id uuid NOT NULL, data jsonb NOT NULL,
    UNIQUE (channel_id, seq));
  CREATE INDEX ON channel_events (message_id);`;

const SESSION = `SELECT s.id AS session_id, s.expires_at, s.revoked_at, u.* FROM sessions s
  JOIN users u ON u.id = s.user_id WHERE s.id = $1`;
const USE_NONCE = `INSERT INTO nonces (user_id, nonce, payload_hash, result_id, used_at) VALUES ($1, $2, $3, $4, $5::timestamptz)
  ON CONFLICT (user_id, nonce) DO UPDATE SET payload_hash = excluded.payload_hash,
    result_id = excluded.result_id, used_at = excluded.used_at
  WHERE nonces.used_at <= $5::timestamptz - interval '24 hours' RETURNING result_id`;
const FIRST_RESULT = `SELECT n.payload_hash, e.data FROM nonces n
  JOIN channel_events e ON e.message_id = n.result_id WHERE n.user_id = $1 AND n.nonce = $2 ORDER BY e.seq LIMIT 1`;
const NEXT_SEQ = "UPDATE channels SET last_seq = last_seq + 1 WHERE id = $1 RETURNING last_seq";
const ADD_MESSAGE = `INSERT INTO messages (id, channel_id, author_id, content, nonce, reply_to_id, seq, number, sent_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)`;
const ADD_EVENT = `INSERT INTO channel_events (channel_id, seq, event, message_id, data)
  VALUES ($1, $2, 'message', $3, $4)`;
const ADMIT = `WITH admitted AS (
    INSERT INTO room_members (room_id, user_id, joined_at) SELECT id, $2, now() FROM rooms
    WHERE id = $1 AND member_count < capacity ON CONFLICT DO NOTHING RETURNING room_id),
  counted AS (UPDATE rooms SET member_count = member_count + 1 FROM admitted WHERE id = room_id)
  SELECT c.id AS channel_id, (SELECT count(*) FROM admitted)::int AS admitted FROM channels c WHERE c.room_id = $1`;
const MEMBERS = `SELECT u.*, m.joined_at FROM room_members m JOIN users u ON u.id = m.user_id WHERE m.room_id = $1
  ORDER BY m.joined_at LIMIT 200`;

class Refusal extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

class Store {
  constructor(url) {
    this.pool = new Pool({ connectionString: url, max: 10 });
  }

  /** Make the tables of a new database. */
  async prepare() {
    const { rows } = await this.pool.query("SELECT to_regclass('users') IS NULL AS empty");
    if (rows[0].empty) await this.pool.query(TABLES);
  }

  async addGuest(username) {
    const [userId, sessionId, now] = [randomUUID(), randomUUID(), new Date()];
    await inTransaction(this.pool, async (client) => {
      await client.query(
        `INSERT INTO users (id, username, username_key, tag_number, display_name, is_guest, created_at)
         VALUES ($1, $2, $3, 1, $2, true, $4)`,
        [userId, username, username.toLowerCase(), now],
      );
      await client.query(
        "INSERT INTO sessions (id, user_id, device, expires_at, created_at) VALUES ($1, $2, '', $3, $4)",
        [sessionId, userId, new Date(now.getTime() + 7 * 86_400_000), now],
      );
    });
    return { userId, sessionId };
  }

  /** The session with its user; refuses one that has ended. */
  async session(id) {
    const [row] = await run(this.pool, "session", SESSION, [id]);
    if (!row || row.revoked_at || row.expires_at <= new Date()) {
      throw new Refusal("session_revoked", "This session has ended.");
    }
    return row;
  }

  async addRoom(hostId, name, capacity) {
    const [id, channelId] = [randomUUID(), randomUUID()];
    await inTransaction(this.pool, async (client) => {
      const room = [id, name, hostId, capacity];
      await client.query("INSERT INTO rooms (id, name, host_id, capacity, created_at) VALUES ($1, $2, $3, $4, now())", room);
      await client.query("INSERT INTO channels (id, room_id) VALUES ($1, $2)", [channelId, id]);
    });
    return { id, channelId, name, hostId, capacity };
  }

  /** Make the user a member; says whether they were none before. */
  async admit(roomId, userId) {
    const [row] = await run(this.pool, "admit", ADMIT, [roomId, userId]);
    if (!row) throw new Refusal("not_found", "There is no such room.");
    return { channelId: row.channel_id, isNew: row.admitted > 0 };
  }

  members(roomId) {
    return run(this.pool, "members", MEMBERS, [roomId]);
  }

  /** Store a message with its place in the channel's log; `again` where its nonce had sent it before. */
  async send(author, given) {
    const message = draft(author, given);
    const hash = given.nonce && hashOf(given);
    const stored = await inTransaction(this.pool, async (client) => {
      if (given.nonce) {
        const nonce = [author.id, given.nonce, hash, message.id, message.timestamp];
        const used = await run(client, "use-nonce", USE_NONCE, nonce);
        if (!used.length) return false;
      }
      await write(client, message);
      return true;
    });
    return stored ? { message } : { message: await this.firstResult(author.id, given.nonce, hash), again: true };
  }

  async firstResult(userId, nonce, hash) {
    const [first] = await run(this.pool, "first-result", FIRST_RESULT, [userId, nonce]);
    if (!first || first.payload_hash !== hash) {
      throw new Refusal("conflict", "This nonce was used for something else.");
    }
    return first.data;
  }
}

function draft(author, { channelId, content, nonce = null, replyTo = null }) {
  const now = new Date().toISOString();
  return {
    id: randomUUID(),
    channelId,
    userId: author.id,
    author,
    content,
    nonce,
    replyTo,
    edited: false,
    pinned: false,
    reactions: [],
    attachments: [],
    timestamp: now,
    createdAt: now,
    updatedAt: now,
    seq: 0,
  };
}

async function write(client, message) {
  const { id, channelId, userId, content, nonce, replyTo, timestamp } = message;
  const [channel] = await run(client, "next-seq", NEXT_SEQ, [channelId]);
  message.seq = Number(channel.last_seq);
  const values = [id, channelId, userId, content, nonce, replyTo, message.seq, timestamp];
  await run(client, "add-message", ADD_MESSAGE, values);
  await run(client, "add-event", ADD_EVENT, [channelId, message.seq, id, JSON.stringify(message)]);
}

async function run(client, name, text, values) {
  return (await client.query({ name, text, values })).rows;
}

async function inTransaction(pool, work) {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

function hashOf(payload) {
  return createHash("sha256").update(JSON.stringify(payload)).digest("hex");
}

module.exports = { Refusal, Store };
