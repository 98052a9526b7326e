import { useSignal } from "@preact/signals";
import type { Track } from "../api/types";
import { library } from "../app";
import { Dialog } from "./Dialog";
import { Field, FormError } from "./Field";
import { useForm } from "./useForm";

/** Name, artist and genre of a track. */
export function TrackEditor({ track, onClose }: { track: Track; onClose: () => void }) {
  const name = useSignal(track.name);
  const artist = useSignal(track.artist?.name ?? "");
  const genre = useSignal(track.genre ?? "");
  const form = useForm(async () => {
    const changes = { name: name.value.trim(), artist: artist.value.trim(), genre: genre.value.trim() };
    await library.update(track, changes);
    onClose();
  }, ["name", "genre"]);
  return (
    <Dialog title="Edit the recording" onClose={onClose}>
      <form class="stack" onSubmit={form.submit} noValidate>
        <Field label="Name" data-testid="track-name" autocomplete="off" maxLength={200} value={name.value} error={form.of("name")} onInput={(value) => (name.value = value)} />
        <Field label="Artist" hint="Empty where nobody knows" data-testid="track-artist" autocomplete="off" maxLength={200} value={artist.value} onInput={(value) => (artist.value = value)} />
        <Field label="Genre" data-testid="track-genre" autocomplete="off" maxLength={100} value={genre.value} error={form.of("genre")} onInput={(value) => (genre.value = value)} />
        {form.problem && <FormError>{form.problem}</FormError>}
        <div class="dialog-actions">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary" data-testid="track-save" aria-disabled={form.isBusy}>Save</button>
        </div>
      </form>
    </Dialog>
  );
}
