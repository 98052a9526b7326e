/** The conversation in a channel. */

import { signal } from "@preact/signals";
import type { Calls } from "../api/calls";
import { Failure } from "../api/failure";
import type { Message } from "../api/types";
import { Outbox } from "./outbox";
import { type ChannelEvent, Timeline } from "./timeline";
import { Typing } from "./typing";

const PAGE = 50;

export class Chat {
  readonly timeline = new Timeline();
  readonly outbox: Outbox;
  readonly typing: Typing;
  /** Whether there are older messages than those shown. */
  readonly hasOlder = signal(false);
  readonly isLoading = signal(false);
  private channelId: string | null = null;
  private syncing: Promise<void> | null = null;

  constructor(
    private readonly calls: Calls,
    private readonly ownId: () => string | undefined,
  ) {
    const send = (content: string, nonce: string) =>
      this.calls.call("message", { content, nonce, channelId: this.channel });
    this.outbox = new Outbox(send, (message) => this.take("message", message));
    this.typing = new Typing(() => void this.tellTyping());
  }

  /** Show a channel that has been entered with its newest messages; the same again: fill the gap. */
  async open(channelId: string, newest: readonly Message[]): Promise<void> {
    if (channelId === this.channelId) {
      await this.sync().catch(() => this.timeline.replace(newest));
    } else {
      this.close();
      this.channelId = channelId;
      this.timeline.replace(newest);
      this.hasOlder.value = newest.length >= PAGE;
    }
    void this.outbox.flush();
  }

  close(): void {
    this.channelId = null;
    this.timeline.replace([]);
    this.outbox.clear();
    this.typing.clear();
    this.hasOlder.value = false;
  }

  say(content: string): void {
    this.typing.rest();
    this.outbox.add(content);
  }

  /** An event of some channel came. */
  heard(name: string, data: ChannelEvent): void {
    if (data.channelId !== this.channelId) return;
    if (data.userId) this.typing.stopped(data.userId);
    if (data.nonce && data.userId === this.ownId()) this.outbox.discard(data.nonce);
    this.take(name, data);
  }

  heardTyping(channelId: string, userId: string): void {
    if (channelId === this.channelId && userId !== this.ownId()) this.typing.heard(userId);
  }

  /** Read the page before the oldest message. */
  async older(): Promise<void> {
    const [oldest] = this.timeline.messages.peek();
    const { channelId } = this;
    if (channelId === null || oldest === undefined || this.isLoading.peek()) return;
    this.isLoading.value = true;
    try {
      const asked = { channelId, before: oldest.id, limit: PAGE };
      const { data, meta } = await this.calls.list("message:list", asked);
      if (channelId !== this.channelId) return;
      this.timeline.addOlder(data);
      this.hasOlder.value = meta.hasMore ?? data.length >= PAGE;
    } finally {
      this.isLoading.value = false;
    }
  }

  private take(name: string, data: ChannelEvent): void {
    if (!this.timeline.take(name, data)) void this.sync().catch(() => undefined);
  }

  /** Get the events that were missed. */
  private sync(): Promise<void> {
    this.syncing ??= this.fill().finally(() => {
      this.syncing = null;
    });
    return this.syncing;
  }

  private async fill(): Promise<void> {
    const channelId = this.channel;
    const since = this.timeline.seen;
    const { recovered, events } = await this.calls.call("channel:sync", { channelId, since });
    if (channelId !== this.channelId) return;
    if (recovered) return this.timeline.catchUp(events ?? []);
    const { data, meta } = await this.calls.list("message:list", { channelId, limit: PAGE });
    if (channelId !== this.channelId) return;
    this.timeline.replace(data, meta.lastSeq);
    this.hasOlder.value = meta.hasMore ?? data.length >= PAGE;
  }

  private async tellTyping(): Promise<void> {
    const { channelId } = this;
    // Nobody misses it when it fails.
    if (channelId !== null) await this.calls.probe("typing", { channelId }).catch(() => undefined);
  }

  private get channel(): string {
    if (this.channelId === null) throw new Failure("not_found", "You are in no room.");
    return this.channelId;
  }
}
