import { useSignal } from "@preact/signals";
import type { Playlist, Track } from "../api/types";
import { playlists, toasts } from "../app";
import { PlaylistCover } from "./Cover";
import { Dialog } from "./Dialog";
import { Field, FormError } from "./Field";
import { counted } from "./format";
import { Listed } from "./Listed";
import { useForm } from "./useForm";
import { useOnline } from "./useOnline";

/** One's playlists, to put a track into one of them or into a new one. */
export function AddToPlaylist({ track, onClose }: { track: Track; onClose: () => void }) {
  const name = useSignal("");
  const chosen = useSignal<Playlist | null>(null);
  useOnline(() => playlists.mine.search(""));
  const put = async ({ id, name: into }: Playlist): Promise<void> => {
    await playlists.add(id, track.id);
    toasts.say(`“${track.name}” is in “${into}”.`);
    onClose();
  };
  const adding = useForm(async () => chosen.value && put(chosen.value));
  const making = useForm(async () => put(await playlists.create({ name: name.value.trim() })), ["name"]);
  return (
    <Dialog title="Add to a playlist" onClose={onClose}>
      <form class="inline-form" onSubmit={making.submit} noValidate>
        <Field label="New playlist" data-testid="new-playlist-name" autocomplete="off" maxLength={100} value={name.value} error={making.of("name")} onInput={(value) => (name.value = value)} />
        <button type="submit" data-testid="new-playlist" aria-disabled={making.isBusy}>Create</button>
      </form>
      {(making.problem ?? adding.problem) && <FormError>{making.problem ?? adding.problem}</FormError>}
      <Listed from={playlists.mine} as="choices" looking="Looking…" none="You have no playlist yet.">
        {(playlist) => (
          <li key={playlist.id}>
            <button
              type="button"
              class="choice"
              data-testid="choose-playlist"
              onClick={() => {
                chosen.value = playlist;
                adding.submit();
              }}
            >
              <PlaylistCover playlist={playlist} />
              <span class="track-text">
                <strong>{playlist.name}</strong>
                <span class="muted">{counted(playlist.trackCount, "track")}</span>
              </span>
            </button>
          </li>
        )}
      </Listed>
    </Dialog>
  );
}
