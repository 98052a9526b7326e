/** Where one is, by the address: `#/` or `#/room/<id>?invite=CODE`. */

import { signal } from "@preact/signals";

export type Route =
  | { readonly page: "rooms" }
  | { readonly page: "room"; readonly roomId: string; readonly invite?: string };

export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#/, "").split("?");
  const roomId = /^\/room\/([0-9a-f-]{36})$/i.exec(path)?.[1];
  if (roomId === undefined) return { page: "rooms" };
  const invite = new URLSearchParams(query).get("invite");
  return invite ? { page: "room", roomId, invite } : { page: "room", roomId };
}

export function hashOf(route: Route): string {
  if (route.page === "rooms") return "#/";
  const query = route.invite === undefined ? "" : `?invite=${encodeURIComponent(route.invite)}`;
  return `#/room/${route.roomId}${query}`;
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
