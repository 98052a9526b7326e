import { beforeEach, describe, expect, it } from "vitest";
import { Calls } from "../api/calls";
import type { OwnUser, PlaylistItem } from "../api/types";
import { FakeSocket, refusal, settled } from "../testing/FakeSocket";
import { entry, playlist, track, user } from "../testing/objects";
import { hearLibrary } from "./events";
import { OpenPlaylist } from "./playlist";
import { Playlists } from "./playlists";
import { Processing } from "./processing";

let socket: FakeSocket;
let playlists: Playlists;
let open: OpenPlaylist;
let me: OwnUser;
/** The server's truth. */
let entries: PlaylistItem[];
let version: number;
const later = (): string => `2026-01-01T00:00:00.00${version}Z`;
const shown = (): string => open.entries.value.map(({ id }) => id).join("");
const now = () => playlist("p", { trackCount: entries.length, updatedAt: later() });

beforeEach(async () => {
  socket = new FakeSocket();
  socket.connected = true;
  me = user("ada");
  version = 0;
  entries = ["a", "b", "c"].map(entry);
  const calls = new Calls(socket.asSocket, async () => undefined);
  playlists = new Playlists(calls, () => me.id);
  open = new OpenPlaylist(calls, () => me);
  hearLibrary(socket.asSocket, playlists, open, new Processing(() => new Promise(() => undefined)));
  socket.answer("playlist:get", () => ({ ...now(), tracks: entries.slice(0, 100) }));
  socket.answer("playlist:list", () => ({ success: true, data: [playlist("p")], meta: { nextCursor: null } }));
  await open.open("p");
});

describe("an open playlist", () => {
  it("shows its tracks in order", () => {
    expect(shown()).toBe("abc");
    expect(open.cursor.value).toBeNull();
  });

  it("moves a track at once, and then shows what is true", async () => {
    socket.answer("playlist:move_track", () => {
      entries = ["c", "a", "b", "d"].map(entry);
      version += 1;
      return now();
    });
    const moved = open.move(open.entries.value[2]!, 0);
    expect(shown()).toBe("cab");
    await moved;
    await settled();
    expect(shown()).toBe("cabd");
    expect(socket.sent).toContainEqual(["playlist:move_track", { playlistId: "p", trackId: "c", entryId: "ec", position: 0 }]);
  });

  it("moves nothing beyond its ends", async () => {
    await open.move(open.entries.value[0]!, -1);
    await open.move(open.entries.value[2]!, 3);
    expect(socket.sent.map(([name]) => name)).toEqual(["playlist:get"]);
  });

  it("puts back what the server does not let go", async () => {
    socket.answer("playlist:remove_track", () => refusal("forbidden"));
    const dropped = open.drop(open.entries.value[1]!);
    expect(shown()).toBe("ac");
    await expect(dropped).rejects.toThrow("forbidden");
    await settled();
    expect(shown()).toBe("abc");
  });

  it("is not read anew between two changes, so that nothing jumps", async () => {
    const finish: (() => void)[] = [];
    socket.answer("playlist:remove_track", () => new Promise((resolve) => finish.push(() => resolve(now()))));
    const both = [open.drop(open.entries.value[0]!), open.drop(open.entries.value[1]!)];
    await settled();
    finish[0]!();
    version += 1;
    socket.hear("playlist:updated", now());
    await settled();
    expect(shown()).toBe("b");
    expect(socket.sent.filter(([name]) => name === "playlist:get")).toHaveLength(1);
    entries = [entry("b", 0)];
    finish[1]!();
    await Promise.all(both);
    await settled();
    expect(shown()).toBe("b");
  });

  it("shows nothing that was read before a change", async () => {
    let answer = (): void => undefined;
    socket.answer("playlist:get", () => {
      const before = { ...now(), tracks: entries };
      return new Promise((resolve) => (answer = () => resolve(before)));
    });
    void open.open("p");
    await settled();
    socket.answer("playlist:remove_track", () => new Promise(() => undefined));
    void open.drop(open.entries.value[0]!);
    answer();
    await settled();
    expect(shown()).toBe("bc");
  });

  it("follows what happens elsewhere, and reads only what is news", async () => {
    socket.hear("playlist:updated", now());
    socket.hear("playlist:updated", playlist("another", { updatedAt: "2027" }));
    await settled();
    expect(socket.sent).toHaveLength(1);
    entries = ["b", "a"].map(entry);
    version += 1;
    socket.hear("playlist:updated", now());
    await settled();
    expect(shown()).toBe("ba");
  });

  it("says so when it is deleted, or was never there", async () => {
    socket.hear("playlist:deleted", { playlistId: "p" });
    expect(open.problem.value).toContain("deleted");
    socket.answer("playlist:get", () => refusal("not_found"));
    await open.open("q");
    expect(open.problem.value).toBe("No: not_found.");
  });

  it("stays while the server is away", async () => {
    socket.connected = socket.active = false;
    await open.open("p");
    expect([shown(), open.problem.value]).toEqual(["abc", null]);
  });

  it("that is long comes page by page, and as far again after a change", async () => {
    entries = Array.from({ length: 250 }, (_, index) => entry(`${index}`, index));
    socket.answer("playlist:tracks", ({ cursor = "0" }: { cursor?: string }) => {
      const from = Number(cursor);
      const nextCursor = from + 100 < entries.length ? `${from + 100}` : null;
      return { success: true, data: entries.slice(from, from + 100), meta: { nextCursor } };
    });
    await open.open("p");
    expect(open.entries.value).toHaveLength(100);
    await open.more();
    expect(open.entries.value).toHaveLength(200);
    version += 1;
    socket.hear("playlist:updated", now());
    await settled();
    await settled();
    expect(open.entries.value).toHaveLength(200);
    await open.more();
    expect(open.entries.value).toHaveLength(250);
    expect(open.cursor.value).toBeNull();
  });

  it("is changed by its owner, and by moderators where it is public", () => {
    expect(open.isEditable.value).toBe(true);
    const others = playlist("p", { owner: user("bob"), isPublic: true });
    for (const [role, isEditable] of [["user", false], ["moderator", true]] as const) {
      const theirs = new OpenPlaylist(new Calls(socket.asSocket), () => ({ ...me, role }));
      theirs.playlist.value = others;
      expect(theirs.isEditable.value).toBe(isEditable);
    }
  });

  it("follows the changes of its tracks", () => {
    open.replace(track("b", { name: "New" }));
    open.remove("a");
    expect(open.entries.value.map(({ name, entryId }) => [name, entryId])).toEqual([["New", "eb"], ["track c", "ec"]]);
  });
});

describe("playlists", () => {
  it("are one's own, or everybody's", async () => {
    await playlists.mine.search("x");
    await playlists.all.choose({ sort: "name" });
    expect(socket.sent.slice(1)).toEqual([
      ["playlist:list", { sort: "updated", query: "x", ownerId: "ada" }],
      ["playlist:list", { sort: "name" }],
    ]);
  });

  it("that are new come first, and those that are gone go", async () => {
    await playlists.mine.search();
    socket.answer("playlist:create", ({ name }: { name: string }) => playlist("q", { name }));
    await playlists.create({ name: "Evening" });
    socket.hear("playlist:updated", playlist("q", { name: "Night" }));
    socket.hear("playlist:updated", playlist("of bob", { owner: user("bob") }));
    expect(playlists.mine.items.value.map(({ name }) => name)).toEqual(["Night", "playlist p"]);
    socket.hear("playlist:deleted", { playlistId: "p" });
    expect(playlists.mine.items.value.map(({ id }) => id)).toEqual(["q"]);
  });

  it("take a track, each click once", async () => {
    await playlists.mine.search();
    socket.answer("playlist:add_track", () => ({ ...playlist("p", { trackCount: 1 }), entryId: "e" }));
    await playlists.add("p", "a");
    await playlists.add("p", "a");
    const nonces = socket.sent.filter(([name]) => name === "playlist:add_track").map(([, sent]) => (sent as { nonce: string }).nonce);
    expect(new Set(nonces).size).toBe(2);
    expect(playlists.mine.items.value[0]?.trackCount).toBe(1);
  });
});
