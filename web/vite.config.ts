import { defineConfig } from "vitest/config";

/** Where `make run` listens; another one is named by SOUNDROOM_SERVER. */
const server = process.env["SOUNDROOM_SERVER"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: { outDir: "dist", emptyOutDir: true, sourcemap: true, target: "es2022" },
  server: {
    host: "127.0.0.1",
    port: 5173,
    proxy: {
      "/socket.io": { target: server, ws: true },
      "/auth": { target: server },
      "/uploads": { target: server },
      "/media": { target: server },
    },
  },
  test: {
    include: ["src/**/*.test.ts", "src/**/*.test.tsx"],
    environment: "node",
  },
});
