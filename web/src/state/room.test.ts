import { beforeEach, describe, expect, it } from "vitest";
import { Calls } from "../api/calls";
import type { Message, Playback, RoomMember } from "../api/types";
import { FakeSocket, refusal, settled } from "../testing/FakeSocket";
import { CHANNEL, member, message, playback, room as roomObject, ROOM } from "../testing/objects";
import { RoomCommands } from "./commands";
import { hearRoom } from "./events";
import { CurrentRoom } from "./room";

let socket: FakeSocket;
let current: CurrentRoom;
let played: Playback[];
let said: string[];
let state: { playback: Playback; members: RoomMember[]; messages: Message[] };

beforeEach(async () => {
  socket = new FakeSocket();
  played = [];
  said = [];
  current = new CurrentRoom(new Calls(socket.asSocket, async () => undefined), () => "ada", {
    play: (taken) => played.push(taken),
    silence: () => undefined,
    say: (sentence) => said.push(sentence),
  });
  hearRoom(socket.asSocket, current);
  state = { playback: playback(3), members: [member("ada", "host"), member("grace")], messages: [message(1)] };
  socket.answer("room:join", () => ({ room: roomObject(), queue: [], you: state.members[0], ...state }));
  socket.answer("channel:sync", () => ({ recovered: true, events: [] }));
  socket.answer("room:leave", () => ({}));
  socket.connected = true;
  await current.enter(ROOM, "code");
});

describe("a room that one has entered", () => {
  it("is there with everything in it", () => {
    expect(socket.sent[0]).toEqual(["room:join", { roomId: ROOM, inviteCode: "code" }]);
    expect(current.phase.value).toBe("in");
    expect(current.members.value).toHaveLength(2);
    expect(current.isHost.value).toBe(true);
    expect(played.map(({ version }) => version)).toEqual([3]);
    expect(current.chat.timeline.messages.value).toHaveLength(1);
  });

  it("follows newer states of the playback and ignores older ones", () => {
    socket.hear("playback:state", playback(5));
    socket.hear("playback:state", playback(4));
    expect(current.playback.signal.value?.version).toBe(5);
    expect(played.map(({ version }) => version)).toEqual([3, 5]);
  });

  it("ignores what happens in other rooms", () => {
    socket.hear("playback:state", playback(9, { roomId: "other" }));
    socket.hear("queue:updated", { roomId: "other", version: 9, queue: [] });
    socket.hear("room:user_joined", { roomId: "other", member: member("eve") });
    expect(current.playback.signal.value?.version).toBe(3);
    expect(current.members.value).toHaveLength(2);
  });

  it("ignores an older queue that comes late", () => {
    socket.hear("queue:updated", { roomId: ROOM, version: 4, queue: [{ id: "new" }] });
    socket.hear("queue:updated", { roomId: ROOM, version: 3, queue: [] });
    expect(current.queue.signal.value?.queue).toHaveLength(1);
  });

  it("is entered again after a reconnection, and all that changed meanwhile is taken over", async () => {
    socket.lose();
    state = { playback: playback(8), members: [member("ada", "dj")], messages: [message(4)] };
    socket.answer("channel:sync", ({ since }: { since: number }) => ({
      recovered: true,
      events: [2, 3, 4].filter((seq) => seq > since).map((seq) => ({ event: "message", data: message(seq) })),
    }));
    socket.connected = true;
    await current.join();
    await settled();
    expect(current.members.value.map(({ role }) => role)).toEqual(["dj"]);
    expect(played.at(-1)?.version).toBe(8);
    expect(current.chat.timeline.messages.value.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });

  it("does not lose what happens while the answer to coming in is under way", async () => {
    socket.answer("room:join", async () => {
      socket.hear("room:user_joined", { roomId: ROOM, member: member("eve") });
      socket.hear("queue:updated", { roomId: ROOM, version: 5, queue: [{ id: "new" }] });
      return { room: roomObject(), queue: [], you: state.members[0], ...state };
    });
    await current.join();
    expect(current.members.value.map(({ user }) => user.id)).toEqual(["ada", "grace", "eve"]);
    expect(current.queue.signal.value?.queue).toHaveLength(1);
  });

  it("stays while the server is away", async () => {
    socket.disconnect();
    await current.join();
    expect(current.phase.value).toBe("in");
  });

  it("is gone when the server no longer lets one in", async () => {
    socket.answer("room:join", () => refusal("not_found"));
    await current.join();
    expect(current.phase.value).toBe("gone");
    expect(current.farewell.value).toBe("No: not_found.");
  });

  it("is gone when the host removes one, and says so", () => {
    socket.hear("room:user_left", { roomId: ROOM, userId: "ada", reason: "kicked" });
    expect(current.phase.value).toBe("gone");
    expect(current.farewell.value).toContain("removed");
  });

  it("announces a new host", () => {
    socket.hear("room:host_changed", { roomId: ROOM, hostId: "grace" });
    expect(said).toEqual(["grace hosts the room now."]);
    expect(current.room.value?.hostId).toBe("grace");
  });

  it("keeps its members up to date, each once", () => {
    socket.hear("room:user_joined", { roomId: ROOM, member: member("eve") });
    socket.hear("room:member_updated", { roomId: ROOM, member: { ...member("eve"), connected: false } });
    socket.hear("room:user_left", { roomId: ROOM, userId: "grace", reason: "left" });
    expect(current.members.value.map(({ user }) => user.id)).toEqual(["ada", "eve"]);
    expect(current.members.value[1]?.connected).toBe(false);
  });

  it("gets the messages that it has missed when a number is left out", async () => {
    socket.answer("channel:sync", () => ({ recovered: true, events: [{ event: "message", data: message(2) }] }));
    socket.hear("message", message(3));
    await settled();
    expect(socket.sent.at(-1)).toEqual(["channel:sync", { channelId: CHANNEL, since: 1 }]);
    expect(current.chat.timeline.messages.value.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });

  it("reads the messages anew when too many were missed", async () => {
    socket.answer("channel:sync", () => ({ recovered: false }));
    socket.answer("message:list", () => ({ success: true, data: [message(900)], meta: { hasMore: true, lastSeq: 901 } }));
    socket.hear("message", message(901));
    await settled();
    expect(current.chat.timeline.seen).toBe(901);
    expect(current.chat.hasOlder.value).toBe(true);
  });
});

describe("a command", () => {
  it("leads to the state that the server answers", async () => {
    socket.answer("playback:pause", () => playback(4, { status: "paused" }));
    await new RoomCommands(new Calls(socket.asSocket), current).pause();
    expect(current.playback.signal.value?.status).toBe("paused");
  });

  it("that came too late takes over what is true, and tells why", async () => {
    socket.answer("playback:skip", () => refusal("conflict", { data: playback(7, { status: "playing" }) }));
    const skip = new RoomCommands(new Calls(socket.asSocket), current).skip();
    await expect(skip).rejects.toThrow("No: conflict.");
    expect(socket.sent.at(-1)).toEqual(["playback:skip", { roomId: ROOM, ifVersion: 3 }]);
    expect(current.playback.signal.value?.version).toBe(7);
  });
});
