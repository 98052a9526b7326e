import { signal } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../api/failure";
import { FakeSocket, settled } from "../testing/FakeSocket";
import { user } from "../testing/objects";
import { Connection } from "./connection";
import type { Session } from "./session";

class FakeSession {
  readonly isOpen = signal(true);
  farewell: string | null | undefined;
  renewals = 0;
  problem: Failure | null = null;

  async renew(): Promise<string> {
    this.renewals += 1;
    if (this.problem !== null) throw this.problem;
    return `token ${this.renewals}`;
  }

  know(): void {}

  end(farewell?: string): void {
    this.farewell = farewell;
    this.isOpen.value = false;
  }
}

function open() {
  const socket = new FakeSocket();
  const session = new FakeSession();
  const said: string[] = [];
  const connection = new Connection(socket.asSocket, session as unknown as Session, (text) => said.push(text));
  return { socket, session, connection, said };
}

/** The server refuses a connection; Socket.IO then does not try again by itself. */
function refuse(socket: FakeSocket, code: string): void {
  socket.active = false;
  socket.hear("connect_error", Object.assign(new Error("Refused."), { data: { code } }));
}

describe("the connection", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("opens while somebody is signed in, and is online once greeted", () => {
    const { socket, session, connection } = open();
    expect(socket.connects).toBe(1);
    expect(connection.status.value).toBe("connecting");
    socket.greet(user("ada"));
    expect(connection.status.value).toBe("online");
    session.isOpen.value = false;
    expect(connection.status.value).toBe("offline");
    expect(socket.connected).toBe(false);
  });

  it("comes back with a fresh token when the old one has expired", async () => {
    const { socket, session } = open();
    refuse(socket, "token_expired");
    await settled();
    expect(session.renewals).toBe(1);
    expect(socket.connects).toBe(2);
  });

  it("tries again later when no fresh token can be had for the moment", async () => {
    const { socket, session } = open();
    session.problem = new Failure("offline", "Away.");
    refuse(socket, "token_expired");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(socket.connects).toBe(2);
    expect(session.isOpen.value).toBe(true);
  });

  it("gives up when fresh tokens are refused again and again", async () => {
    const { socket, session } = open();
    for (let time = 0; time < 4; time += 1) {
      refuse(socket, "token_invalid");
      await settled();
    }
    expect(session.isOpen.value).toBe(false);
    expect(session.farewell).toContain("sign in again");
  });

  it("ends the session when it was revoked elsewhere", () => {
    const { socket, session } = open();
    refuse(socket, "session_revoked");
    expect(session.farewell).toContain("signed out");
  });

  it("renews the session when the server says that it expires", async () => {
    const { socket } = open();
    socket.answer("session:renew", () => ({ expiresAt: "" }));
    socket.greet();
    socket.hear("session:expiring", { expiresAt: "" });
    await settled();
    expect(socket.sent).toEqual([["session:renew", { token: "token 1" }]]);
  });

  it("comes back after the end of a token, and stays away after that of a session", async () => {
    const { socket, session } = open();
    socket.greet();
    socket.hear("session:ended", { code: "token_expired", reconnect: true });
    socket.lose("io server disconnect");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(session.renewals).toBe(1);
    expect(socket.connects).toBe(2);
    socket.hear("session:ended", { code: "session_revoked", reconnect: false });
    socket.lose("io server disconnect");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(socket.connects).toBe(2);
    expect(session.farewell).toContain("signed out");
  });

  it("tells its listeners of every connect", () => {
    const { socket, connection } = open();
    let greetings = 0;
    connection.onConnected(() => (greetings += 1));
    socket.greet();
    socket.lose();
    socket.greet();
    expect(greetings).toBe(2);
  });
});
