import { beforeEach, describe, expect, it } from "vitest";
import { Calls } from "../api/calls";
import { FakeSocket, refusal } from "../testing/FakeSocket";
import { track, user } from "../testing/objects";
import { Favourites } from "./favourites";
import { Library, mayEdit } from "./library";

let socket: FakeSocket;
let favourites: Favourites;
let library: Library;
const page = (data: object[], nextCursor: string | null = null) => ({ success: true, data, meta: { nextCursor } });
const said = (event: string): unknown[] => socket.sent.filter(([name]) => name === event).map(([, payload]) => payload);

beforeEach(() => {
  socket = new FakeSocket();
  socket.connected = true;
  const calls = new Calls(socket.asSocket, async () => undefined);
  favourites = new Favourites(calls);
  library = new Library(calls, () => [favourites]);
  socket.answer("track:list", () => page([track("a"), track("b")]));
  socket.answer("favorite:list", () => page([{ ...track("a"), favoritedAt: "now" }]));
});

describe("the library", () => {
  it("is the newest first, unless another order is chosen", async () => {
    await library.tracks.search("jazz");
    await library.tracks.choose({ sort: "artist", genre: "Blues" });
    expect(said("track:list")).toEqual([
      { sort: "newest", query: "jazz" },
      { sort: "artist", genre: "Blues", query: "jazz" },
    ]);
  });

  it("sends what is changed of a track, and shows it everywhere", async () => {
    await library.tracks.search();
    await favourites.tracks.search();
    socket.answer("track:update", ({ trackId, name }: { trackId: string; name: string }) => track(trackId, { name }));
    await library.update(track("a"), { name: "New", genre: "", artist: "" });
    expect(said("track:update")).toEqual([{ trackId: "a", name: "New" }]);
    expect(library.tracks.items.value[0]?.name).toBe("New");
    expect(favourites.tracks.items.value[0]).toMatchObject({ name: "New", favoritedAt: "now" });
  });

  it("sends nothing where nothing is changed", async () => {
    await library.update(track("a", { genre: "Blues" }), { name: "track a", genre: "Blues", artist: "" });
    expect(socket.sent).toEqual([]);
  });

  it("takes the artist of that name, or none", async () => {
    socket.answer("artist:list", () => page([{ id: "nina2", name: "Nina Simone II" }, { id: "nina", name: "NINA SIMONE" }]));
    socket.answer("track:update", () => track("a"));
    await library.update(track("a"), { name: "track a", genre: "", artist: "Nina Simone" });
    const sung = track("a", { artist: { id: "nina", name: "Nina", genre: null, imageUrl: null } });
    await library.update(sung, { name: "track a", genre: "", artist: "" });
    expect(said("track:update")).toEqual([{ trackId: "a", artistId: "nina" }, { trackId: "a", artistId: null }]);
  });

  it("makes the artist where there is none, and takes the one who came first where two do", async () => {
    let isThere = false;
    socket.answer("artist:list", () => page(isThere ? [{ id: "nina", name: "Nina" }] : []));
    socket.answer("artist:create", () => {
      isThere = true;
      return refusal("conflict");
    });
    socket.answer("track:update", () => track("a"));
    await library.update(track("a"), { name: "track a", genre: "", artist: "Nina" });
    expect(said("track:update")).toEqual([{ trackId: "a", artistId: "nina" }]);
  });

  it("deletes a track everywhere, but only if the server does", async () => {
    await library.tracks.search();
    await favourites.load();
    socket.answer("track:delete", () => refusal("forbidden"));
    await expect(library.delete("a")).rejects.toThrow("forbidden");
    expect(library.tracks.items.value).toHaveLength(2);
    socket.answer("track:delete", () => ({}));
    await library.delete("a");
    expect(library.tracks.items.value.map(({ id }) => id)).toEqual(["b"]);
    expect(favourites.ids.value.has("a")).toBe(false);
  });

  it("is changed by who uploaded a track, and by moderators", () => {
    expect(mayEdit(user("ada"), track("a"))).toBe(true);
    expect(mayEdit(user("bob"), track("a"))).toBe(false);
    expect(mayEdit({ ...user("bob"), role: "moderator" }, track("a"))).toBe(true);
    expect(mayEdit(null, track("a"))).toBe(false);
  });
});

describe("favourites", () => {
  it("are learned page by page", async () => {
    socket.answer("favorite:list", ({ cursor }: { cursor?: string }) =>
      cursor === undefined ? page([track("a")], "next") : page([track("b")]),
    );
    await favourites.load();
    expect([...favourites.ids.value]).toEqual(["a", "b"]);
  });

  it("show at once what was clicked, and take it back where it fails", async () => {
    socket.answer("favorite:add", () => refusal("not_found"));
    const clicked = favourites.toggle(track("b"));
    expect(favourites.ids.value.has("b")).toBe(true);
    await expect(clicked).rejects.toThrow("not_found");
    expect(favourites.ids.value.has("b")).toBe(false);
  });

  it("are first in the list when they are new, and gone when they are none", async () => {
    await favourites.tracks.search();
    socket.answer("favorite:add", () => track("b"));
    socket.answer("favorite:remove", () => ({}));
    await favourites.toggle(track("b"));
    await favourites.toggle(track("a"));
    expect(favourites.tracks.items.value.map(({ id }) => id)).toEqual(["b"]);
    expect([...favourites.ids.value]).toEqual(["b"]);
  });

  it("that were clicked while they were read are not overwritten", async () => {
    socket.answer("favorite:add", () => track("b"));
    let isSecond = false;
    socket.answer("favorite:list", async () => {
      if (!isSecond) void favourites.toggle(track("b"));
      const data = isSecond ? [track("b"), track("a")] : [track("a")];
      isSecond = true;
      return page(data);
    });
    await favourites.load();
    expect([...favourites.ids.value].sort()).toEqual(["a", "b"]);
  });
});
