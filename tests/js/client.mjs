// The stock JavaScript client, told what to do by lines on its standard input, telling what it
// sees in lines on its standard output. Arguments: the server's address, the client's options.
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const { io } = require("socket.io-client");

const [url, options] = [process.argv[2], JSON.parse(process.argv[3])];
const say = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));

const socket = io(url, options);
const transport = () => socket.io.engine.transport.name;

function ask(number, event, payload) {
  socket.emit(event, payload, (...answers) => say("ack", { number, answers }));
}

// What is sent around an upgrade: before it, while the transport waits, and after it.
let asked = 0;
function askAtOnce(count) {
  for (let i = 0; i < count; i++, asked++) ask(asked, "clock:sync", { clientTime: asked });
}

socket.io.on("open", () => {
  const engine = socket.io.engine;
  engine.on("upgrading", () => askAtOnce(options.traffic ?? 0));
  engine.on("upgrade", () => {
    say("upgrade", { transport: transport() });
    askAtOnce(options.traffic ?? 0);
  });
});
socket.on("connect", () => {
  say("connect", { transport: transport(), recovered: socket.recovered ?? false });
  askAtOnce(options.traffic ?? 0);
});
socket.on("connect_error", (error) =>
  say("connect_error", { message: error.message, data: error.data ?? null }),
);
socket.on("disconnect", (reason) => say("disconnect", { reason }));
socket.onAny((event, ...values) => say("event", { event, values }));

createInterface({ input: process.stdin })
  .on("line", (line) => {
    for (const [number, event, payload] of JSON.parse(line)) {
      if (number === null) socket.emit(event, payload);
      else ask(number, event, payload);
    }
  })
  .on("close", () => process.exit(0));
