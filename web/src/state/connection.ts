/** The connection to the server: kept open while somebody is signed in. */

import { effect, signal } from "@preact/signals";
import { Calls } from "../api/calls";
import { Failure } from "../api/failure";
import type { RoomSocket } from "../api/socket";
import type { Session } from "./session";

/** Before trying again by ourselves, where Socket.IO does not, ms. */
const RETRY_MS = 2_000;
/** A fresh token that is refused so often in a row will never do. */
const MOST_REFUSALS = 3;

const FAREWELL: Record<string, string> = {
  session_revoked: "You were signed out on this device. Please sign in again.",
  token_expired: "Your session has ended. Please sign in again.",
};

export type Status = "offline" | "connecting" | "online";

export class Connection extends Calls {
  readonly status = signal<Status>("offline");
  private readonly greeted = new Set<() => void>();
  private refusals = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;

  constructor(
    socket: RoomSocket,
    private readonly session: Session,
    say: (sentence: string) => void,
  ) {
    super(socket);
    socket.on("connected", ({ user }) => this.greet(() => session.know(user)));
    socket.on("connect_error", (error) => void this.refused(error));
    socket.on("disconnect", (reason) => this.broke(reason));
    socket.on("session:expiring", () => void this.prolong());
    socket.on("session:ended", ({ code, reconnect }) => void this.ended(code, reconnect));
    socket.on("server:draining", () => say("The server restarts. You will be back in a moment."));
    effect(() => this.follow(session.isOpen.value));
  }

  /** Call `listener` after every connect, the first and all later ones. */
  onConnected(listener: () => void): void {
    this.greeted.add(listener);
  }

  private follow(isOpen: boolean): void {
    clearTimeout(this.retry);
    this.refusals = 0;
    this.status.value = isOpen ? "connecting" : "offline";
    if (isOpen) this.socket.connect();
    else this.socket.disconnect();
  }

  private greet(know: () => void): void {
    know();
    this.refusals = 0;
    this.status.value = "online";
    for (const listener of this.greeted) listener();
  }

  private broke(reason: string): void {
    if (!this.session.isOpen.peek()) return;
    this.status.value = "connecting";
    // After the server's own disconnect Socket.IO does not come back by itself.
    if (reason === "io server disconnect") this.again();
  }

  private async refused(error: Error): Promise<void> {
    this.status.value = "connecting";
    const { code } = (error as { data?: { code?: string } }).data ?? {};
    if (code === "session_revoked") return this.session.end(FAREWELL["session_revoked"]);
    if (code?.startsWith("token_")) return this.showFreshToken();
    if (!this.socket.active) this.again();
  }

  private async showFreshToken(): Promise<void> {
    this.refusals += 1;
    if (this.refusals > MOST_REFUSALS) return this.session.end(FAREWELL["token_expired"]);
    try {
      await this.session.renew();
      this.socket.connect();
    } catch {
      this.again();
    }
  }

  private async prolong(): Promise<void> {
    try {
      await this.call("session:renew", { token: await this.session.renew() });
    } catch (error) {
      // Without it the server ends the connection in a minute, and we come back with a fresh token.
      if (!(error instanceof Failure)) throw error;
    }
  }

  private async ended(code: string, reconnect: boolean): Promise<void> {
    if (!reconnect) return this.session.end(FAREWELL[code] ?? FAREWELL["token_expired"]);
    await this.session.renew().catch(() => undefined);
  }

  private again(): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      if (this.session.isOpen.peek()) this.socket.connect();
    }, RETRY_MS);
  }
}
