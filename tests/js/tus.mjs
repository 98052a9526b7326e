// The stock tus-js-client, sending one file. Arguments: the file's path, the client's options.
// What it does is told in lines on its standard output.
import { createReadStream } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("../../web/package.json", import.meta.url));
const tus = require("tus-js-client");

const [path, options] = [process.argv[2], JSON.parse(process.argv[3])];
const say = (what, more = {}) => console.log(JSON.stringify({ what, ...more }));

const upload = new tus.Upload(createReadStream(path), {
  ...options,
  onProgress: (sent) => say("progress", { sent }),
  onBeforeRequest: (request) => say("request", { method: request.getMethod() }),
  onAfterResponse: (request, response) =>
    say("response", { method: request.getMethod(), status: response.getStatus() }),
  onSuccess: () => say("success", { url: upload.url }),
  onError: (error) => say("error", { message: error.message }),
});
upload.start();
