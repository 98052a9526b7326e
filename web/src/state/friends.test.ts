import { beforeEach, describe, expect, it } from "vitest";
import { Calls } from "../api/calls";
import type { Friend, FriendRequest } from "../api/types";
import { FakeSocket, refusal, settled } from "../testing/FakeSocket";
import { friend, friendRequest, user } from "../testing/objects";
import { hearPeople } from "./events";
import { Friends } from "./friends";

let socket: FakeSocket;
let friends: Friends;
let said: string[];
let state: { friends: Friend[]; incoming: FriendRequest[]; outgoing: FriendRequest[] };
const names = (): string[] => friends.list.value.map(({ user: { id } }) => id);

beforeEach(async () => {
  socket = new FakeSocket();
  socket.connected = true;
  said = [];
  friends = new Friends(new Calls(socket.asSocket, async () => undefined));
  hearPeople(socket.asSocket, friends, (sentence) => said.push(sentence));
  state = {
    friends: [friend("zoe"), friend("bob", "offline"), friend("cy", "dnd")],
    incoming: [friendRequest("r1", "eve", "ada")],
    outgoing: [friendRequest("r2", "ada", "grace")],
  };
  socket.answer("friend:list", () => ({ success: true, data: state.friends, meta: { nextCursor: null } }));
  socket.answer("friend:requests", () => state);
  await friends.load();
});

describe("friends", () => {
  it("who are here come first, then by name", () => {
    expect(names()).toEqual(["cy", "zoe", "bob"]);
  });

  it("are all read, page by page", async () => {
    socket.answer("friend:list", ({ cursor }: { cursor?: string }) => ({
      success: true,
      data: [friend(cursor ?? "first")],
      meta: { nextCursor: cursor === undefined ? "second" : null },
    }));
    await friends.load();
    expect(names()).toEqual(["first", "second"]);
  });

  it("come and go, and one sees what they listen to", () => {
    const listening = { roomId: "room", roomName: "Jazz", track: null };
    socket.hear("friend:presence", { userId: "bob", status: "online", listening });
    socket.hear("friend:presence", { userId: "zoe", status: "offline", listening: null });
    socket.hear("friend:presence", { userId: "a stranger", status: "online", listening: null });
    expect(names()).toEqual(["bob", "cy", "zoe"]);
    expect(friends.list.value[0]?.listening).toEqual(listening);
  });

  it("are shown with their new names", () => {
    socket.hear("user:updated", { ...user("cy"), displayName: "Zzz", status: "online" });
    expect(friends.list.value[1]?.user.displayName).toBe("Zzz");
  });

  it("are made by accepting, here or in another window", async () => {
    socket.answer("friend:accept", () => friend("eve"));
    await friends.accept(state.incoming[0]!);
    socket.hear("friend:request_accepted", { requestId: "r1", friend: friend("eve") });
    expect(names()).toContain("eve");
    expect(friends.incoming.value).toEqual([]);
    expect(said).toEqual([]);
  });

  it("are made by being accepted, which is told", () => {
    socket.hear("friend:request_accepted", { requestId: "r2", friend: friend("grace") });
    expect(friends.standing("grace")).toBe("friend");
    expect(friends.outgoing.value).toEqual([]);
    expect(said).toEqual(["grace is your friend now."]);
  });

  it("ask, and what they asked goes when they change their mind", () => {
    socket.hear("friend:request_received", { request: friendRequest("r3", "hal", "ada") });
    expect(friends.standing("hal")).toBe("asks");
    expect(friends.incoming.value).toHaveLength(2);
    socket.hear("friend:request_cancelled", { requestId: "r3", userId: "hal" });
    expect(friends.standing("hal")).toBe("none");
  });

  it("are asked, and may decline", async () => {
    socket.answer("friend:request", () => ({ request: friendRequest("r4", "ada", "ivy"), friend: null }));
    expect(await friends.request({ tag: "ivy#0001" })).toBe(false);
    expect(friends.standing("ivy")).toBe("asked");
    socket.hear("friend:request_declined", { requestId: "r4", userId: "ivy" });
    expect(friends.standing("ivy")).toBe("none");
  });

  it("are friends at once where both asked", async () => {
    socket.answer("friend:request", () => ({ request: null, friend: friend("eve") }));
    expect(await friends.request({ userId: "eve" })).toBe(true);
    expect(friends.incoming.value).toEqual([]);
    expect(names()).toContain("eve");
  });

  it("stay where the server refuses, and go where it does not", async () => {
    socket.answer("friend:remove", () => refusal("rate_limited", { retryAfter: 60 }));
    await expect(friends.remove("zoe")).rejects.toThrow("rate_limited");
    expect(names()).toContain("zoe");
    socket.answer("friend:remove", () => ({}));
    await friends.remove("zoe");
    socket.hear("friend:removed", { userId: "cy" });
    expect(names()).toEqual(["bob"]);
  });

  it("are neither friends nor asking once they are blocked", async () => {
    socket.answer("user:block", () => ({}));
    socket.answer("user:unblock", () => ({}));
    socket.answer("user:blocked", () => ({ success: true, data: [], meta: { nextCursor: null } }));
    await friends.blocked.search();
    await friends.block(user("eve"));
    await friends.block(user("zoe"));
    expect(friends.incoming.value).toEqual([]);
    expect(names()).not.toContain("zoe");
    expect(friends.blocked.items.value.map(({ id }) => id)).toEqual(["zoe", "eve"]);
    await friends.unblock("eve");
    expect(friends.blocked.items.value.map(({ id }) => id)).toEqual(["zoe"]);
  });

  it("are true after a reconnection, also with what happens while they are read", async () => {
    state = { friends: [friend("zoe", "idle")], incoming: [], outgoing: [] };
    socket.answer("friend:requests", () => {
      socket.hear("friend:presence", { userId: "zoe", status: "dnd", listening: null });
      socket.hear("friend:request_received", { request: friendRequest("r5", "hal", "ada") });
      return state;
    });
    await friends.load();
    expect(friends.list.value.map(({ user: { id, status } }) => [id, status])).toEqual([["zoe", "dnd"]]);
    expect(friends.incoming.value.map(({ id }) => id)).toEqual(["r5"]);
  });

  it("follow events again where they could not be read", async () => {
    socket.answer("friend:requests", () => refusal("internal"));
    await expect(friends.load()).rejects.toThrow("internal");
    socket.hear("friend:removed", { userId: "zoe" });
    expect(names()).toEqual(["cy", "bob"]);
  });

  it("are forgotten with the one whose friends they are", async () => {
    const reading = friends.load();
    friends.forget();
    await reading;
    await settled();
    expect([names(), friends.isKnown.value, friends.incoming.value]).toEqual([[], false, []]);
  });
});
