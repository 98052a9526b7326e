import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Track } from "../api/types";
import { commands, favourites, library, room, session, toasts, watch } from "../app";
import { mayEdit } from "../state/library";
import { AddToPlaylist } from "./AddToPlaylist";
import { Cover } from "./Cover";
import { Confirm } from "./Dialog";
import { clockTime } from "./format";
import { Icon } from "./Icon";
import { TrackEditor } from "./TrackEditor";

/** A track with all that one can do with it; `children` are further actions. */
export function TrackRow({ track, children }: { track: Track; children?: ComponentChildren }) {
  return (
    <li class="track" data-testid="track-item" data-track-id={track.id}>
      <Cover track={track} />
      <TrackText track={track} />
      <div class="track-actions">
        <Heart track={track} />
        <QueueAdd track={track} />
        {children}
        <TrackMenu track={track} />
      </div>
    </li>
  );
}

export function TrackText({ track }: { track: Track }) {
  const facts = [track.artist?.name ?? "Unknown artist", track.genre, clockTime(track.duration)];
  return (
    <div class="track-text">
      <strong>{track.name}</strong>
      <span class="muted">{facts.filter(Boolean).join(" · ")}</span>
    </div>
  );
}

export function Heart({ track }: { track: Track }) {
  const isOne = favourites.ids.value.has(track.id);
  return (
    <button
      type="button"
      class="quiet round heart"
      data-testid="favourite"
      aria-pressed={isOne}
      aria-label={`${track.name} is a favourite`}
      title={isOne ? "No favourite any more" : "Make it a favourite"}
      onClick={() => watch(favourites.toggle(track))}
    >
      <Icon name="heart" />
    </button>
  );
}

/** In a room: into its queue. */
export function QueueAdd({ track }: { track: Track }) {
  if (room.phase.value !== "in") return null;
  const add = async (): Promise<void> => {
    await commands.add(track.id);
    toasts.say(`“${track.name}” is in the queue.`);
  };
  return (
    <button type="button" class="quiet round" data-testid="queue-add" aria-label={`Add ${track.name} to the queue`} title="Add to the queue" onClick={() => watch(add())}>
      <Icon name="plus" />
    </button>
  );
}

type Opened = "playlist" | "edit" | "delete" | null;

/** What is done less often. */
export function TrackMenu({ track }: { track: Track }) {
  const opened = useSignal<Opened>(null);
  const close = (): void => void (opened.value = null);
  const isMine = mayEdit(session.user.value, track);
  return (
    <>
      <select
        class="menu"
        aria-label={`What to do with ${track.name}`}
        data-testid="track-menu"
        value=""
        onChange={(event) => {
          opened.value = event.currentTarget.value as Opened;
          event.currentTarget.value = "";
        }}
      >
        <option value="">⋯</option>
        <option value="playlist">Add to a playlist…</option>
        {isMine && <option value="edit">Edit…</option>}
        {isMine && <option value="delete">Delete…</option>}
      </select>
      {opened.value === "playlist" && <AddToPlaylist track={track} onClose={close} />}
      {opened.value === "edit" && <TrackEditor track={track} onClose={close} />}
      {opened.value === "delete" && (
        <Confirm title={`Delete “${track.name}”?`} action="Delete" work={() => library.delete(track.id)} onClose={close}>
          It will be gone for everybody, also from playlists and queues.
        </Confirm>
      )}
    </>
  );
}
