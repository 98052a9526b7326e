/** The room one is in: who is there, what plays, what comes next. Begun anew with every `room:join`. */

import { computed, signal } from "@preact/signals";
import type { Calls } from "../api/calls";
import { Failure, sentenceOf } from "../api/failure";
import type { DataOf, Playback, QueueUpdated, Room, RoomMember, User } from "../api/types";
import { Chat } from "./chat";
import { Latest } from "./latest";

/** What a room does to the world outside of it. */
export interface Effects {
  readonly play: (playback: Playback) => void;
  readonly silence: () => void;
  readonly say: (sentence: string) => void;
}

export class CurrentRoom {
  readonly phase = signal<"none" | "joining" | "in" | "gone">("none");
  /** Why the room is gone. */
  readonly farewell = signal("");
  readonly room = signal<Room | null>(null);
  readonly members = signal<readonly RoomMember[]>([]);
  readonly playback = new Latest<Playback>();
  readonly queue = new Latest<QueueUpdated>();
  readonly chat: Chat;
  readonly me = computed(() => this.members.value.find(({ user }) => user.id === this.ownId()));
  readonly isHost = computed(() => this.me.value?.role === "host");
  /** Whether one may steer the playback. */
  readonly isInControl = computed(() => {
    const mode = this.room.value?.controlMode;
    return this.isHost.value || mode === "everyone" || (mode === "djs" && this.me.value?.role === "dj");
  });
  private backlog: (() => void)[] | null = null;
  private wanted: { readonly roomId: string; readonly inviteCode?: string } | null = null;

  constructor(
    private readonly calls: Calls,
    private readonly ownId: () => string | undefined,
    private readonly effects: Effects,
  ) {
    this.chat = new Chat(calls, ownId);
  }

  get id(): string {
    if (this.wanted === null) throw new Failure("not_found", "You are in no room.");
    return this.wanted.roomId;
  }

  /** Go into a room; the one before is left. */
  async enter(roomId: string, inviteCode?: string): Promise<void> {
    if (this.wanted?.roomId === roomId && this.phase.peek() !== "gone") return;
    void this.leave();
    this.wanted = inviteCode === undefined ? { roomId } : { roomId, inviteCode };
    this.phase.value = "joining";
    await this.join();
  }

  /** Be where one was, after every connect; what is known is replaced. */
  async join(): Promise<void> {
    const { wanted } = this;
    if (wanted === null || this.phase.peek() === "gone") return;
    this.backlog ??= [];
    try {
      const joined = await this.calls.call("room:join", wanted);
      if (wanted === this.wanted) this.settle(joined);
    } catch (error) {
      // Without an answer the next connect tries again.
      const isOver = !(error instanceof Failure && error.isUnanswered);
      if (wanted === this.wanted && isOver) this.lose(sentenceOf(error));
    }
    this.workOff();
  }

  /**
   * Let an event change the room; while one comes in, after that. What `room:join` answers may be
   * older than an event that came before the answer, and has no version to tell by.
   */
  hear(change: () => void): void {
    if (this.backlog === null) change();
    else this.backlog.push(change);
  }

  async leave(): Promise<void> {
    const wasIn = this.phase.peek() === "in" || this.phase.peek() === "joining";
    const { wanted } = this;
    this.forget("none");
    this.wanted = null;
    if (wasIn && wanted !== null)
      await this.calls.call("room:leave", { roomId: wanted.roomId }).catch(() => undefined);
  }

  nameOf(userId: string | null): string {
    const member = this.members.value.find(({ user }) => user.id === userId);
    return member?.user.displayName ?? "somebody";
  }

  took(playback: Playback): void {
    if (playback.roomId !== this.wanted?.roomId) return;
    if (this.playback.offer(playback)) this.effects.play(playback);
  }

  tookQueue(queue: QueueUpdated): void {
    if (queue.roomId === this.wanted?.roomId) this.queue.offer(queue);
  }

  changed(room: Room): void {
    if (room.id === this.room.peek()?.id) this.room.value = room;
  }

  memberCame(roomId: string, member: RoomMember): void {
    if (roomId !== this.wanted?.roomId) return;
    const others = this.members.peek().filter(({ user }) => user.id !== member.user.id);
    const place = this.members.peek().findIndex(({ user }) => user.id === member.user.id);
    this.members.value = others.toSpliced(place < 0 ? others.length : place, 0, member);
  }

  memberLeft(roomId: string, userId: string, reason: string): void {
    if (roomId !== this.wanted?.roomId) return;
    if (userId === this.ownId()) return this.lose(goodbye(reason));
    this.chat.typing.stopped(userId);
    this.members.value = this.members.peek().filter(({ user }) => user.id !== userId);
  }

  hostChanged(roomId: string, hostId: string | null): void {
    const room = this.room.peek();
    if (room?.id !== roomId || hostId === room.hostId) return;
    this.room.value = { ...room, hostId };
    const isOwn = hostId === this.ownId();
    if (hostId !== null)
      this.effects.say(isOwn ? "You host the room now." : `${this.nameOf(hostId)} hosts the room now.`);
  }

  userChanged(user: User): void {
    this.members.value = this.members
      .peek()
      .map((member) => (member.user.id === user.id ? { ...member, user } : member));
  }

  closed(roomId: string): void {
    if (roomId === this.wanted?.roomId) this.lose("The host has closed this room.");
  }

  private settle({ room, members, playback, queue, messages }: DataOf<"room:join">): void {
    this.room.value = room;
    this.members.value = members;
    const version = this.queue.signal.peek()?.version ?? -1;
    this.queue.signal.value = { roomId: room.id, version, queue };
    this.phase.value = "in";
    this.took(playback);
    void this.chat.open(room.channelId, messages);
  }

  private workOff(): void {
    const changes = this.backlog ?? [];
    this.backlog = null;
    for (const change of changes) change();
  }

  private lose(sentence: string): void {
    this.forget("gone");
    this.farewell.value = sentence;
  }

  private forget(phase: "none" | "gone"): void {
    this.phase.value = phase;
    this.room.value = null;
    this.members.value = [];
    this.playback.forget();
    this.queue.forget();
    this.chat.close();
    this.effects.silence();
  }
}

function goodbye(reason: string): string {
  return reason === "kicked" ? "The host has removed you from this room." : "You have left this room.";
}
