// The peer that ours is measured beside: the same work in plain Node. It signs people in, validates,
// stores each message before it acknowledges it, and sends it to the room.
const http = require("http");
const Ajv = require("ajv");
const jwt = require("jsonwebtoken");
const { Server } = require("socket.io");
const { Refusal, Store } = require("./store");

const { DATABASE_URL, JWT_ACCESS_SECRET, PORT } = process.env;
const store = new Store(DATABASE_URL);
const clockEpoch = String(Date.now());

const id = { type: "string", pattern: "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" };
const ajv = new Ajv();
const shape = (properties, required) =>
  ajv.compile({ type: "object", properties, required, additionalProperties: false });
const EVENTS = {
  "room:create": {
    accepts: shape(
      {
        name: { type: "string", minLength: 1, maxLength: 80, pattern: "\\S" },
        capacity: { type: "integer", minimum: 1, maximum: 1000 },
      },
      ["name"],
    ),
    handle: createRoom,
  },
  "room:join": { accepts: shape({ roomId: id }, ["roomId"]), handle: joinRoom },
  message: {
    accepts: shape(
      {
        content: { type: "string", minLength: 1, maxLength: 2000, pattern: "\\S" },
        channelId: id,
        nonce: { type: "string", minLength: 1, maxLength: 64 },
        replyTo: id,
        userId: id,
      },
      ["content", "channelId"],
    ),
    handle: sendMessage,
  },
  "clock:sync": {
    accepts: shape({ clientTime: { type: "number", minimum: -1e15, maximum: 1e15 } }, ["clientTime"]),
    handle: syncClock,
  },
};

const server = http.createServer(handleRequest);
const io = new Server(server, {
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  maxHttpBufferSize: 64 * 1024,
});
// What the documentation advises against memory: nobody here reads a socket's first request again.
io.engine.on("connection", (rawSocket) => {
  rawSocket.request = null;
});

io.use(async (socket, next) => {
  try {
    const token = socket.handshake.auth.token;
    if (typeof token !== "string") throw new Refusal("token_missing", "Please send an access token.");
    const claims = jwt.verify(token, JWT_ACCESS_SECRET, { algorithms: ["HS256"] });
    if (claims.type !== "access") throw new Refusal("token_invalid", "This token is not valid.");
    const session = await store.session(claims.sid);
    socket.data = { sessionId: session.session_id, user: asUser(session) };
    next();
  } catch (error) {
    const refusal = new Error(error.message);
    refusal.data = { code: error.code ?? "token_invalid" };
    next(refusal);
  }
});

io.on("connection", (socket) => {
  const { sessionId, user } = socket.data;
  socket.join([`user:${user.id}`, `session:${sessionId}`, "everybody"]);
  const own = { ...user, email: null, provider: "local", twoFactorEnabled: false };
  const serverTime = Date.now();
  socket.emit("connected", { userId: user.id, sessionId, user: own, serverTime, clockEpoch, protocolVersion: 1 });
  for (const [name, event] of Object.entries(EVENTS)) {
    socket.on(name, (payload, ack) => answer(socket, event, payload, ack));
  }
});

async function answer(socket, { accepts, handle }, payload, ack) {
  const receivedAt = performance.timeOrigin + performance.now();
  try {
    if (!accepts(payload)) throw new Refusal("validation_failed", ajv.errorsText(accepts.errors));
    ack({ success: true, data: await handle(socket, payload, receivedAt) });
  } catch (error) {
    if (!(error instanceof Refusal)) console.error(error);
    const known = error instanceof Refusal ? error : new Refusal("internal", "Something went wrong.");
    ack?.({ success: false, error: known.message, code: known.code });
  }
}

async function createRoom(socket, { name, capacity = 200 }) {
  return { room: await store.addRoom(socket.data.user.id, name, capacity) };
}

async function joinRoom(socket, { roomId }) {
  const { user } = socket.data;
  const { channelId, isNew } = await store.admit(roomId, user.id);
  socket.join([`room:${roomId}`, `channel:${channelId}`]);
  const members = (await store.members(roomId)).map(asMember);
  const you = members.find((member) => member.user.id === user.id);
  if (isNew) io.to(`room:${roomId}`).emit("room:user_joined", { roomId, member: you });
  return { room: { id: roomId, channelId }, members, you, messages: [], queue: [] };
}

async function sendMessage(socket, given) {
  const { user } = socket.data;
  const channel = `channel:${given.channelId}`;
  if (!socket.rooms.has(channel)) throw new Refusal("not_found", "There is no such channel.");
  if (given.userId && given.userId !== user.id) throw new Refusal("forbidden", "You can only write as yourself.");
  const { message, again } = await store.send(user, given);
  if (!again) io.to(channel).emit("message", message);
  return message;
}

function syncClock(_socket, { clientTime }, receivedAt) {
  return { clientTime, receivedAt, clockEpoch, sentAt: performance.timeOrigin + performance.now() };
}

function asUser(row) {
  return {
    id: row.id,
    username: row.username,
    tag: `${row.username}#${String(row.tag_number).padStart(4, "0")}`,
    displayName: row.display_name,
    avatarUrl: row.avatar_url,
    bio: row.bio,
    status: row.chosen_status,
    customStatus: row.custom_status,
    role: row.role,
    isGuest: row.is_guest,
    createdAt: row.created_at.toISOString(),
  };
}

function asMember(row) {
  return { user: asUser(row), role: "listener", joinedAt: row.joined_at.toISOString(), connected: true };
}

async function handleRequest(request, response) {
  if (request.method === "POST" && request.url === "/auth/guest") {
    const { username } = JSON.parse(Buffer.concat(await request.toArray()));
    const accessToken = await signIn(username);
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify({ success: true, data: { accessToken } }));
    return;
  }
  response.statusCode = request.url === "/health/ready" ? 200 : 404;
  response.end();
}

async function signIn(username) {
  const { userId, sessionId } = await store.addGuest(username);
  const claims = { userId, username, email: null, sid: sessionId, type: "access" };
  return jwt.sign(claims, JWT_ACCESS_SECRET, { expiresIn: "15m" });
}

// Memory is measured without what is only waiting to be collected.
process.on("SIGUSR2", () => globalThis.gc?.());
process.on("SIGTERM", () => process.exit(0));
store.prepare().then(() => server.listen(PORT, "127.0.0.1"));
