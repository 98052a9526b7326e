/** Where one is, by the address: `#/`, `#/library/playlists` or `#/room/<id>?invite=CODE`. */

import { signal } from "@preact/signals";

export type LibraryPart = "tracks" | "playlists" | "favourites";

export type Route =
  | { readonly page: "rooms" }
  | { readonly page: "room"; readonly roomId: string; readonly invite?: string }
  | { readonly page: "library"; readonly part: LibraryPart }
  | { readonly page: "playlist"; readonly playlistId: string }
  | { readonly page: "friends" }
  | { readonly page: "settings" };

/** The pages that have an address of one word. */
const PLAIN: Record<string, Route> = {
  "/library": { page: "library", part: "tracks" },
  "/library/playlists": { page: "library", part: "playlists" },
  "/library/favourites": { page: "library", part: "favourites" },
  "/friends": { page: "friends" },
  "/settings": { page: "settings" },
};

export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
  const plain = PLAIN[path];
  if (plain !== undefined) return plain;
  const [, kind, id] = /^\/(room|playlist)\/([0-9a-f-]{36})$/i.exec(path) ?? [];
  if (kind === undefined || id === undefined) return { page: "rooms" };
  if (kind === "playlist") return { page: "playlist", playlistId: id };
  const invite = new URLSearchParams(query).get("invite");
  return invite ? { page: "room", roomId: id, invite } : { page: "room", roomId: id };
}

export function hashOf(route: Route): string {
  switch (route.page) {
    case "rooms":
      return "#/";
    case "library":
      return route.part === "tracks" ? "#/library" : `#/library/${route.part}`;
    case "playlist":
      return `#/playlist/${route.playlistId}`;
    case "room":
      return `#/room/${route.roomId}${inviteOf(route.invite)}`;
    default:
      return `#/${route.page}`;
  }
}

export const route = signal<Route>({ page: "rooms" });

/** Follow the address bar from now on. */
export function followAddress(): void {
  const follow = (): void => {
    route.value = routeOf(location.hash);
  };
  addEventListener("hashchange", follow);
  follow();
}

export function go(to: Route): void {
  location.hash = hashOf(to);
}

function inviteOf(invite: string | undefined): string {
  return invite === undefined ? "" : `?invite=${encodeURIComponent(invite)}`;
}
