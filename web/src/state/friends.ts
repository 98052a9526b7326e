/** One's friends, where they are, and who asks to be one. */

import { computed, signal } from "@preact/signals";
import type { Calls } from "../api/calls";
import type { Friend, FriendRequest, Listening, User } from "../api/types";
import { Listing } from "./listing";

const PAGE = 100;

export interface Presence {
  readonly userId: string;
  readonly status: User["status"];
  readonly listening: Listening | null;
}

export class Friends {
  /** Those who are here first, then by name. */
  readonly list = computed(() => [...this.known.value.values()].sort(inOrder));
  readonly incoming = signal<readonly FriendRequest[]>([]);
  readonly outgoing = signal<readonly FriendRequest[]>([]);
  /** Whether the first answer has come. */
  readonly isKnown = signal(false);
  readonly blocked: Listing<User>;
  /** People to befriend. */
  readonly people: Listing<User>;
  private readonly known = signal<ReadonlyMap<string, Friend>>(new Map());
  private backlog: (() => void)[] | null = null;
  private reading = 0;

  constructor(private readonly calls: Calls) {
    this.blocked = new Listing(({ cursor }) => calls.list("user:blocked", cursor ? { cursor } : {}));
    this.people = new Listing((asked) => calls.list("user:list", asked));
  }

  /** Learn everything anew, after every connect. */
  async load(): Promise<void> {
    const number = (this.reading += 1);
    this.backlog ??= [];
    try {
      const friends = await this.allFriends();
      const { incoming, outgoing } = await this.calls.call("friend:requests", {});
      if (number !== this.reading) return;
      this.known.value = new Map(friends.map((friend) => [friend.user.id, friend]));
      this.incoming.value = incoming;
      this.outgoing.value = outgoing;
      this.isKnown.value = true;
    } finally {
      if (number === this.reading) this.workOff();
    }
  }

  /**
   * Let an event change what is known; while everything is read anew, after that. What is read may
   * be older than an event that came before the answer.
   */
  hear(change: () => void): void {
    if (this.backlog === null) change();
    else this.backlog.push(change);
  }

  /** Ask somebody; true where they had asked too and so are a friend now. */
  async request(whom: { userId: string } | { tag: string }): Promise<boolean> {
    const { request, friend } = await this.calls.call("friend:request", whom);
    if (friend !== null) this.hear(() => this.befriended(friend));
    else if (request !== null) this.hear(() => this.asking(request));
    return friend !== null;
  }

  async accept({ id }: FriendRequest): Promise<void> {
    const friend = await this.calls.call("friend:accept", { requestId: id });
    this.hear(() => this.befriended(friend));
  }

  async decline({ id }: FriendRequest): Promise<void> {
    await this.calls.call("friend:decline", { requestId: id });
    this.hear(() => this.settled(id));
  }

  async cancel({ id }: FriendRequest): Promise<void> {
    await this.calls.call("friend:cancel", { requestId: id });
    this.hear(() => this.settled(id));
  }

  async remove(userId: string): Promise<void> {
    await this.calls.call("friend:remove", { userId });
    this.hear(() => this.removed(userId));
  }

  /** Neither friend nor request remains. */
  async block(user: User): Promise<void> {
    await this.calls.call("user:block", { userId: user.id });
    this.hear(() => this.removed(user.id));
    if (this.blocked.isKnown.peek()) this.blocked.prepend(user);
  }

  async unblock(userId: string): Promise<void> {
    await this.calls.call("user:unblock", { userId });
    this.blocked.remove(userId);
  }

  /** Somebody is a friend now. */
  befriended(friend: Friend): void {
    this.forgetRequests(friend.user.id);
    this.known.value = new Map(this.known.peek()).set(friend.user.id, friend);
  }

  /** Somebody asks. */
  asked(request: FriendRequest): void {
    this.incoming.value = withOne(this.incoming.peek(), request);
  }

  /** A request is no more. */
  settled(requestId: string): void {
    this.incoming.value = this.incoming.peek().filter(({ id }) => id !== requestId);
    this.outgoing.value = this.outgoing.peek().filter(({ id }) => id !== requestId);
  }

  removed(userId: string): void {
    this.forgetRequests(userId);
    const known = new Map(this.known.peek());
    known.delete(userId);
    this.known.value = known;
  }

  present({ userId, status, listening }: Presence): void {
    this.change(userId, (friend) => ({ ...friend, user: { ...friend.user, status }, listening }));
  }

  userChanged(user: User): void {
    this.change(user.id, (friend) => ({ ...friend, user }));
  }

  /** How one stands with a user. */
  standing(userId: string): "friend" | "asked" | "asks" | "none" {
    if (this.known.value.has(userId)) return "friend";
    if (this.outgoing.value.some(({ receiver }) => receiver.id === userId)) return "asked";
    return this.incoming.value.some(({ requester }) => requester.id === userId) ? "asks" : "none";
  }

  forget(): void {
    this.reading += 1;
    this.backlog = null;
    this.known.value = new Map();
    this.incoming.value = this.outgoing.value = [];
    this.isKnown.value = false;
    this.blocked.forget();
    this.people.forget();
  }

  private asking(request: FriendRequest): void {
    this.outgoing.value = withOne(this.outgoing.peek(), request);
  }

  private async allFriends(): Promise<Friend[]> {
    const friends: Friend[] = [];
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const asked = cursor === undefined ? { limit: PAGE } : { limit: PAGE, cursor };
      const { data, meta } = await this.calls.list("friend:list", asked);
      friends.push(...data);
      cursor = meta.nextCursor ?? null;
    }
    return friends;
  }

  private workOff(): void {
    const changes = this.backlog ?? [];
    this.backlog = null;
    for (const change of changes) change();
  }

  private change(userId: string, changed: (friend: Friend) => Friend): void {
    const friend = this.known.peek().get(userId);
    if (friend !== undefined) this.known.value = new Map(this.known.peek()).set(userId, changed(friend));
  }

  private forgetRequests(userId: string): void {
    this.incoming.value = this.incoming.peek().filter(({ requester }) => requester.id !== userId);
    this.outgoing.value = this.outgoing.peek().filter(({ receiver }) => receiver.id !== userId);
  }
}

function withOne(requests: readonly FriendRequest[], one: FriendRequest): readonly FriendRequest[] {
  return [one, ...requests.filter(({ id }) => id !== one.id)];
}

function inOrder(one: Friend, other: Friend): number {
  const here = Number(one.user.status === "offline") - Number(other.user.status === "offline");
  return here || one.user.displayName.localeCompare(other.user.displayName);
}
