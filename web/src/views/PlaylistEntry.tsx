import { signal, useSignal } from "@preact/signals";
import type { PlaylistItem } from "../api/types";
import { playlist as open, watch } from "../app";
import { Cover } from "./Cover";
import { Icon } from "./Icon";
import { QueueAdd, TrackMenu, TrackText } from "./TrackRow";

interface EntryProps {
  readonly entry: PlaylistItem;
  readonly index: number;
  readonly count: number;
  readonly onMove: (entry: PlaylistItem, position: number) => void;
}

/** What is being dragged. */
const dragged = signal<PlaylistItem | null>(null);

/** A track of the open playlist; its owner moves it by dragging, or by the buttons. */
export function PlaylistEntry({ entry, index, count, onMove }: EntryProps) {
  const isOver = useSignal(false);
  const isEditable = open.isEditable.value;
  const step = (by: 1 | -1) => (event: MouseEvent) => {
    const button = event.currentTarget as HTMLElement;
    onMove(entry, index + by);
    // The row changes its place in the document, and loses the focus by that.
    requestAnimationFrame(() => button.focus());
  };
  return (
    <li
      class={`track entry ${isOver.value ? "is-over" : ""}`}
      data-testid="playlist-entry"
      data-track-id={entry.id}
      draggable={isEditable}
      onDragStart={() => (dragged.value = entry)}
      onDragEnd={() => (dragged.value = null)}
      onDragOver={(event) => {
        if (dragged.peek() === null) return;
        event.preventDefault();
        isOver.value = true;
      }}
      onDragLeave={() => (isOver.value = false)}
      onDrop={(event) => {
        event.preventDefault();
        isOver.value = false;
        const moved = dragged.peek();
        if (moved !== null) onMove(moved, index);
      }}
    >
      {isEditable && <span class="grip" aria-hidden="true"><Icon name="grip" /></span>}
      <Cover track={entry} />
      <TrackText track={entry} />
      <div class="track-actions">
        <QueueAdd track={entry} />
        {isEditable && (
          <>
            <button type="button" class="quiet round" data-testid="entry-up" aria-label={`Move ${entry.name} up`} disabled={index === 0} onClick={step(-1)}>
              <Icon name="up" />
            </button>
            <button type="button" class="quiet round" data-testid="entry-down" aria-label={`Move ${entry.name} down`} disabled={index === count - 1} onClick={step(1)}>
              <Icon name="down" />
            </button>
            <button type="button" class="quiet round" data-testid="entry-remove" aria-label={`Take ${entry.name} out of the playlist`} onClick={() => watch(open.drop(entry))}>
              <Icon name="close" />
            </button>
          </>
        )}
        {!isEditable && <TrackMenu track={entry} />}
      </div>
    </li>
  );
}
