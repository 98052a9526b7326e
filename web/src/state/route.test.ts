import { describe, expect, it } from "vitest";
import { hashOf, type Route, routeOf } from "./route";

const roomId = "01234567-89ab-7cde-8f01-23456789abcd";

describe("an address", () => {
  it("leads back to where it came from", () => {
    const places: Route[] = [{ page: "rooms" }, { page: "room", roomId }, { page: "room", roomId, invite: "a-B_9&c" }, { page: "library", part: "tracks" }, { page: "library", part: "playlists" }, { page: "library", part: "favourites" }, { page: "playlist", playlistId: roomId }, { page: "friends" }, { page: "settings" }];
    for (const place of places) expect(routeOf(hashOf(place))).toEqual(place);
  });

  it("that means nothing leads to all rooms", () => {
    for (const hash of ["", "#", "#/room/", "#/room/not-an-id", "#/elsewhere", "#/playlist/1", "#/library/x"])
      expect(routeOf(hash)).toEqual({ page: "rooms" });
  });
});
