/** Events with an answer. */

import { Failure, opened } from "./failure";
import { patiently, type Wait } from "./patience";
import type { RoomSocket } from "./socket";
import type { ClientEvent, DataOf, Meta, PayloadOf } from "./types";

const TIMEOUT_MS = 8_000;
const CONNECTING_MS = 5_000;

/** The one place where the compiler cannot follow: an event's name decides the types of the rest. */
interface Emitter {
  timeout(ms: number): { emitWithAck(event: string, payload: unknown): Promise<unknown> };
}

export class Calls {
  constructor(
    readonly socket: RoomSocket,
    private readonly pause?: Wait,
  ) {}

  /** The `data` of the answer; throws a `Failure`. A connection that is being made is waited for. */
  async call<E extends ClientEvent>(event: E, payload: PayloadOf<E>): Promise<DataOf<E>> {
    return (await this.list(event, payload)).data;
  }

  /** As `call`, with what stands beside the list. */
  async list<E extends ClientEvent>(
    event: E,
    payload: PayloadOf<E>,
  ): Promise<{ data: DataOf<E>; meta: Meta }> {
    await this.connected();
    const answer = await patiently(() => this.once<DataOf<E>>(event, payload), this.pause);
    return { data: answer.data, meta: (answer.meta ?? {}) as Meta };
  }

  /** As `call`, but a failure is not tried again: for what is worth nothing later. */
  async probe<E extends ClientEvent>(event: E, payload: PayloadOf<E>): Promise<DataOf<E>> {
    return (await this.once<DataOf<E>>(event, payload)).data;
  }

  /** Wait for the greeting, but no longer than somebody means what they have just clicked. */
  private async connected(): Promise<void> {
    if (this.socket.connected || !this.socket.active) return;
    await new Promise<void>((resolve) => {
      const enough = () => {
        clearTimeout(timer);
        this.socket.off("connected", enough);
        resolve();
      };
      const timer = setTimeout(enough, CONNECTING_MS);
      this.socket.on("connected", enough);
    });
  }

  private async once<Data>(event: string, payload: unknown) {
    // Socket.IO would keep the event and send it after a reconnection, when nobody means it any more.
    if (!this.socket.connected) throw new Failure("offline", "There is no connection to the server.");
    const emitter = (this.socket as unknown as Emitter).timeout(TIMEOUT_MS);
    const envelope = await emitter.emitWithAck(event, payload).catch(() => {
      throw new Failure("timeout", "The server did not answer in time.");
    });
    return opened<Data>(envelope);
  }
}
