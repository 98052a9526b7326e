/** The messages of a channel, brought up to date by numbered events that may come twice or not at all. */

import { signal } from "@preact/signals";
import type { Message } from "../api/types";

/** The data of any event of a channel: a message, or what happened to one. */
export type ChannelEvent = Partial<Message> & { readonly seq?: number; readonly messageId?: string };

export class Timeline {
  /** In the order of their making. */
  readonly messages = signal<readonly Message[]>([]);
  /** Every event up to this number is known. */
  seen = 0;

  /** Begin anew with the newest messages. */
  replace(messages: readonly Message[], lastSeq?: number): void {
    this.messages.value = inOrder(messages);
    this.seen = Math.max(lastSeq ?? 0, ...messages.map((message) => message.seq));
  }

  /** Add a page of older messages. */
  addOlder(messages: readonly Message[]): void {
    this.merge(messages);
  }

  /** Take an event in; false when events before it are missing. It is shown in either case. */
  take(name: string, data: ChannelEvent): boolean {
    if (name === "message:deleted") this.remove(data.messageId);
    else if (isMessage(data)) this.merge([data]);
    const seq = data.seq ?? this.seen;
    if (seq > this.seen + 1) return false;
    this.seen = Math.max(this.seen, seq);
    return true;
  }

  /** Take in what `channel:sync` gave: with it nothing is missing. */
  catchUp(events: readonly { readonly event: string; readonly data: ChannelEvent }[]): void {
    for (const { event, data } of events) {
      this.take(event, data);
      this.seen = Math.max(this.seen, data.seq ?? 0);
    }
  }

  private merge(messages: readonly Message[]): void {
    const known = new Map(this.messages.peek().map((message) => [message.id, message]));
    const newer = messages.filter((message) => message.seq > (known.get(message.id)?.seq ?? -1));
    if (newer.length === 0) return;
    for (const message of newer) known.set(message.id, message);
    this.messages.value = inOrder([...known.values()]);
  }

  private remove(id: string | undefined): void {
    this.messages.value = this.messages.peek().filter((message) => message.id !== id);
  }
}

/** Ids are ordered by time. */
function inOrder(messages: readonly Message[]): Message[] {
  return messages.toSorted((one, other) => (one.id < other.id ? -1 : 1));
}

function isMessage(data: ChannelEvent): data is Message {
  return typeof data.id === "string" && typeof data.content === "string";
}
