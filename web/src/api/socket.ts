/** The socket, typed by the protocol. */

import { io, type Socket } from "socket.io-client";
import type { ClientToServerEvents, ServerToClientEvents } from "./types";

export type RoomSocket = Socket<ServerToClientEvents, ClientToServerEvents>;

/** A socket to the server that served this page, not yet connected; each attempt asks `token` anew. */
export function openSocket(token: () => Promise<string>): RoomSocket {
  return io({
    autoConnect: false,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
    auth: (give) => {
      token().then(
        (fresh) => give({ token: fresh, recover: true }),
        () => give({ token: "" }),
      );
    },
  });
}
