// A plain Socket.IO server on Node: the peer that ours is measured beside. It keeps nothing and checks
// nothing, so every microsecond it takes is transport; ours signs in, validates and stores besides.
const http = require("http");
const { Server } = require("socket.io");

const server = http.createServer();
const io = new Server(server, { perMessageDeflate: false, serveClient: false });
let seq = 0;

io.on("connection", (socket) => {
  socket.emit("connected", {});
  socket.on("room:join", ({ roomId }, ack) => {
    socket.join(roomId);
    ack({ success: true, data: {} });
  });
  socket.on("message", ({ channelId, content }, ack) => {
    const message = { id: ++seq, channelId, userId: socket.id, content, createdAt: new Date() };
    io.to(channelId).emit("message", message);
    ack({ success: true, data: message });
  });
  socket.on("clock:sync", ({ clientTime }, ack) => {
    const now = Date.now();
    ack({ success: true, data: { clientTime, receivedAt: now, sentAt: now, clockEpoch: "node" } });
  });
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
