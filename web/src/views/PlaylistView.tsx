import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Playlist, PlaylistItem } from "../api/types";
import { commands, playlist as open, playlists, room, toasts, watch } from "../app";
import { go, hashOf } from "../state/route";
import { PlaylistCover } from "./Cover";
import { Confirm } from "./Dialog";
import { clockTime, counted } from "./format";
import { Icon } from "./Icon";
import { More } from "./Listed";
import { PlaylistEditor } from "./PlaylistEditor";
import { PlaylistEntry } from "./PlaylistEntry";
import { useOnline } from "./useOnline";

const PLAYLISTS = hashOf({ page: "library", part: "playlists" });

/** One playlist and its tracks. */
export function PlaylistView({ id }: { id: string }) {
  useOnline(() => open.open(id), [id]);
  useEffect(() => () => open.close(), []);
  const shown = open.playlist.value;
  return (
    <div class="page">
      <p><a href={PLAYLISTS}>All playlists</a></p>
      {shown === null ? (
        <p class="empty" role="status">{open.problem.value ?? "Looking…"}</p>
      ) : (
        <section class="card panel" aria-labelledby="playlist-title">
          <Head playlist={shown} />
          <Entries />
        </section>
      )}
    </div>
  );
}

function Head({ playlist }: { playlist: Playlist }) {
  const { id, name, owner, isPublic, trackCount, duration } = playlist;
  const opened = useSignal<"edit" | "delete" | null>(null);
  const close = (): void => void (opened.value = null);
  const queue = async (): Promise<void> => {
    await commands.addPlaylist(id);
    toasts.say(`“${name}” is in the queue.`);
  };
  const remove = async (): Promise<void> => {
    await playlists.delete(id);
    go({ page: "library", part: "playlists" });
  };
  return (
    <div class="playlist-head">
      <PlaylistCover playlist={playlist} />
      <div class="playlist-title">
        <h1 id="playlist-title" data-testid="playlist-title">{name}</h1>
        <p class="muted">
          {owner?.displayName ?? "Somebody who has gone"} · {isPublic ? "public" : "private"} ·{" "}
          {counted(trackCount, "track")} · {clockTime(duration)}
        </p>
      </div>
      <div class="playlist-actions">
        {room.phase.value === "in" && trackCount > 0 && (
          <button type="button" class="primary" data-testid="playlist-queue" onClick={() => watch(queue())}>
            <Icon name="plus" /> Add to the queue
          </button>
        )}
        {open.isEditable.value && (
          <>
            <button type="button" data-testid="playlist-edit" onClick={() => (opened.value = "edit")}>Edit</button>
            <button type="button" class="danger" data-testid="playlist-delete" onClick={() => (opened.value = "delete")}>Delete</button>
          </>
        )}
      </div>
      {opened.value === "edit" && <PlaylistEditor playlist={playlist} onClose={close} />}
      {opened.value === "delete" && (
        <Confirm title={`Delete “${name}”?`} action="Delete" work={remove} onClose={close}>
          Its recordings stay in the library.
        </Confirm>
      )}
    </div>
  );
}

function Entries() {
  const entries = open.entries.value;
  const said = useSignal("");
  if (entries.length === 0)
    return <p class="empty">There is nothing in it yet. Add recordings from the library.</p>;
  const move = (entry: PlaylistItem, position: number): void => {
    watch(open.move(entry, position));
    said.value = `${entry.name} is number ${position + 1} now.`;
  };
  return (
    <>
      <ol class="track-list" data-testid="playlist-tracks">
        {entries.map((entry, index) => (
          <PlaylistEntry key={entry.entryId} entry={entry} index={index} count={entries.length} onMove={move} />
        ))}
      </ol>
      {open.cursor.value && <More key={entries.length} read={() => watch(open.more())} />}
      <p class="visually-hidden" role="status">{said.value}</p>
    </>
  );
}
