import { friends, session } from "../app";
import { hashOf, type Route, route } from "../state/route";
import { counted } from "./format";
import { Icon, type IconName } from "./Icon";

const PLACES: readonly (readonly [Route, IconName, string, readonly Route["page"][]])[] = [
  [{ page: "rooms" }, "headphones", "Rooms", ["rooms", "room"]],
  [{ page: "library", part: "tracks" }, "note", "Library", ["library", "playlist"]],
  [{ page: "friends" }, "people", "Friends", ["friends"]],
  [{ page: "settings" }, "gear", "Settings", ["settings"]],
];

/** The ways to all pages: beside the name, on a phone at the bottom. */
export function Nav() {
  if (!session.isOpen.value) return null;
  return (
    <nav class="nav" aria-label="Main">
      {PLACES.map(([place, icon, text, pages]) => (
        <a
          key={text}
          class="nav-link"
          href={hashOf(place)}
          aria-current={pages.includes(route.value.page) ? "page" : undefined}
          data-testid={`nav-${place.page}`}
        >
          <Icon name={icon} />
          <span>{text}</span>
          {place.page === "friends" && <OpenRequests />}
        </a>
      ))}
    </nav>
  );
}

function OpenRequests() {
  const count = friends.incoming.value.length;
  if (count === 0) return null;
  return (
    <span class="nav-badge" data-testid="open-requests" aria-label={counted(count, "open request")}>
      {count}
    </span>
  );
}
