import { useSignal } from "@preact/signals";
import type { Playlist } from "../api/types";
import { playlists, watch } from "../app";
import { go, hashOf } from "../state/route";
import { PLAYLIST_ORDERS } from "./choices";
import { PlaylistCover } from "./Cover";
import { Select } from "./Field";
import { counted } from "./format";
import { Icon } from "./Icon";
import { Listed } from "./Listed";
import { PlaylistEditor } from "./PlaylistEditor";
import { Search } from "./Search";
import { useOnline } from "./useOnline";

const SCOPES = [
  ["mine", "Mine"],
  ["all", "Everybody's"],
] as const;

/** One's own playlists, or all that are public. */
export function PlaylistList() {
  const scope = useSignal<"mine" | "all">("mine");
  const isNew = useSignal(false);
  const shown = playlists[scope.value];
  const { sort = "updated" } = shown.filter.value;
  useOnline(() => shown.refresh(), [scope.value]);
  return (
    <section class="card panel" aria-label="Playlists">
      <div class="card-head">
        <div class="segments" role="group" aria-label="Whose playlists">
          {SCOPES.map(([key, text]) => (
            <button key={key} type="button" aria-pressed={scope.value === key} onClick={() => (scope.value = key)}>{text}</button>
          ))}
        </div>
        <button type="button" class="primary" data-testid="playlist-new" onClick={() => (isNew.value = true)}>
          <Icon name="plus" /> New playlist
        </button>
      </div>
      <div class="filters">
        <Search key={scope.value} label="Search playlists" value={shown.query.value} onSearch={(query) => watch(shown.search(query))} />
        <Select label="Order" isLabelHidden value={sort} options={PLAYLIST_ORDERS} onChange={(value) => watch(shown.choose({ sort: value }))} />
      </div>
      <Listed from={shown} as="room-list" looking="Looking…" none={scope.value === "mine" ? "You have no playlist yet." : "Nobody shows a playlist yet."}>
        {(playlist) => <Item key={playlist.id} playlist={playlist} />}
      </Listed>
      {isNew.value && (
        <PlaylistEditor
          onClose={() => (isNew.value = false)}
          onMade={({ id }) => go({ page: "playlist", playlistId: id })}
        />
      )}
    </section>
  );
}

function Item({ playlist }: { playlist: Playlist }) {
  const { id, name, owner, isPublic, trackCount } = playlist;
  return (
    <li>
      <a class="room-item" href={hashOf({ page: "playlist", playlistId: id })} data-testid="playlist-item" data-playlist-id={id}>
        <PlaylistCover playlist={playlist} />
        <span class="room-item-text">
          <strong>{name}</strong>
          <span class="muted">
            {owner?.displayName ?? "Somebody who has gone"} · {isPublic ? "public" : "private"}
          </span>
        </span>
        <span class="badge">{counted(trackCount, "track")}</span>
      </a>
    </li>
  );
}
