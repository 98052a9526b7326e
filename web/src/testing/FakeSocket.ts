/** A socket without a network: the test is the server. */

import type { RoomSocket } from "../api/socket";

type Listener = (data: unknown) => void;
type Answer = (payload: never) => unknown;

export class FakeSocket {
  connected = false;
  active = true;
  /** How often a connection was asked for. */
  connects = 0;
  /** Every event that was sent, with its payload. */
  readonly sent: [string, unknown][] = [];
  private readonly listeners = new Map<string, Listener[]>();
  private readonly answers = new Map<string, Answer>();

  get asSocket(): RoomSocket {
    return this as unknown as RoomSocket;
  }

  /** What the server does with an event: give `data`, or a whole envelope where it has `success`. */
  answer(event: string, answer: Answer): void {
    this.answers.set(event, answer);
  }

  /** The server says something. */
  hear(event: string, data?: unknown): void {
    for (const listener of this.listeners.get(event) ?? []) listener(data);
  }

  /** The connection is there, and the server has greeted. */
  greet(user: object = { id: "ada" }): void {
    this.connected = true;
    this.hear("connected", { user });
  }

  /** The connection is gone. */
  lose(reason = "transport close"): void {
    this.connected = false;
    this.hear("disconnect", reason);
  }

  on(event: string, listener: Listener): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
  }

  off(event: string, listener: Listener): void {
    this.listeners.set(event, (this.listeners.get(event) ?? []).filter((other) => other !== listener));
  }

  connect(): void {
    this.connects += 1;
  }

  disconnect(): void {
    this.connected = this.active = false;
  }

  timeout(): { emitWithAck: (event: string, payload: unknown) => Promise<unknown> } {
    return { emitWithAck: (event, payload) => this.ask(event, payload) };
  }

  private async ask(event: string, payload: unknown): Promise<unknown> {
    this.sent.push([event, payload]);
    const answer = this.answers.get(event);
    if (answer === undefined) throw new Error("operation has timed out");
    const given = await answer(payload as never);
    return typeof given === "object" && given !== null && "success" in given
      ? given
      : { success: true, data: given };
  }
}

/** The envelope of a refusal. */
export function refusal(code: string, more: object = {}): object {
  return { success: false, error: `No: ${code}.`, code, ...more };
}

/** Let everything that is due happen. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await Promise.resolve();
}
