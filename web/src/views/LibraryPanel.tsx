import { useEffect } from "preact/hooks";
import type { Track } from "../api/types";
import { commands, connection, hearing, recordings, room, toasts, watch } from "../app";
import { Cover } from "./Cover";
import { clockTime } from "./format";
import { Icon } from "./Icon";
import { Listed } from "./Listed";
import { Search } from "./Search";
import { UploadBox } from "./UploadBox";

/** All recordings, to be added to the queue, and the way to bring new ones. */
export function LibraryPanel() {
  const isOnline = connection.status.value === "online";
  useEffect(() => {
    if (isOnline) watch(recordings.refresh());
  }, [isOnline]);
  return (
    <section class="card panel panel-library" aria-labelledby="library-title">
      <div class="card-head">
        <h2 id="library-title">Library</h2>
        <Search label="Search recordings" onSearch={(query) => watch(recordings.search(query))} />
      </div>
      <UploadBox roomId={room.room.value?.id ?? null} />
      <Listed from={recordings} as="track-list" looking="Looking…" none="Nothing here yet. Upload the first recording.">
        {(track) => <Item key={track.id} track={track} />}
      </Listed>
    </section>
  );
}

function Item({ track }: { track: Track }) {
  const add = async (): Promise<void> => {
    await commands.add(track.id);
    toasts.say(`“${track.name}” is in the queue.`);
  };
  const playNow = (): void => {
    hearing.unlock();
    watch(commands.playNow(track.id));
  };
  return (
    <li class="track" data-testid="track-item" data-track-id={track.id}>
      <Cover track={track} />
      <div class="track-text">
        <strong>{track.name}</strong>
        <span class="muted">{track.artist?.name ?? "Unknown artist"} · {clockTime(track.duration)}</span>
      </div>
      <div class="track-actions">
        {room.isInControl.value && (
          <button type="button" class="quiet round" data-testid="play-now" aria-label={`Play ${track.name} now`} title="Play now" onClick={playNow}>
            <Icon name="play" />
          </button>
        )}
        <button type="button" class="round" data-testid="queue-add" aria-label={`Add ${track.name} to the queue`} title="Add to the queue" onClick={() => watch(add())}>
          <Icon name="plus" />
        </button>
      </div>
    </li>
  );
}
