import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Playlist } from "../api/types";
import { playlists, uploadPicture } from "../app";
import { Dialog } from "./Dialog";
import { Check, Field, FormError } from "./Field";
import { PictureField } from "./PictureField";
import { useForm } from "./useForm";

interface EditorProps {
  /** Without one a new one is made. */
  readonly playlist?: Playlist;
  readonly onClose: () => void;
  readonly onMade?: (playlist: Playlist) => void;
}

/** Name, cover and rules of a playlist. */
export function PlaylistEditor({ playlist, onClose, onMade }: EditorProps) {
  const name = useSignal(playlist?.name ?? "");
  const isPublic = useSignal(playlist?.isPublic ?? false);
  const allowDuplicates = useSignal(playlist?.allowDuplicates ?? false);
  /** A new cover, none, or the one that is there. */
  const cover = useSignal<File | null | undefined>(undefined);
  /** What is there already: a second try does not make a second one. */
  const there = useRef(playlist);
  const form = useForm(async () => {
    const settings = { name: name.value.trim(), isPublic: isPublic.value, allowDuplicates: allowDuplicates.value };
    const isNew = there.current === undefined;
    const made = (there.current ??= await playlists.create(settings));
    const image = cover.value === undefined ? {} : { imageUrl: cover.value && (await uploadPicture(cover.value)).url };
    if (!isNew || cover.value) await playlists.update(made.id, { ...settings, ...image });
    onClose();
    onMade?.(made);
  }, ["name"]);
  return (
    <Dialog title={playlist ? "Edit the playlist" : "New playlist"} onClose={onClose}>
      <form class="stack" onSubmit={form.submit} noValidate>
        <Field label="Name" data-testid="playlist-name" autocomplete="off" maxLength={100} value={name.value} error={form.of("name")} onInput={(value) => (name.value = value)} />
        <PictureField label="Cover" hint="Without one, the first cover among its tracks" url={playlist?.imageUrl ?? null} onChange={(file) => (cover.value = file)} />
        <Check label="Everybody may see and play it" data-testid="playlist-public" isOn={isPublic.value} onChange={(isOn) => (isPublic.value = isOn)} />
        <Check label="A track may be in it more than once" isOn={allowDuplicates.value} onChange={(isOn) => (allowDuplicates.value = isOn)} />
        {form.problem && <FormError>{form.problem}</FormError>}
        <div class="dialog-actions">
          <button type="button" onClick={onClose}>Cancel</button>
          <button type="submit" class="primary" data-testid="playlist-save" aria-disabled={form.isBusy}>{playlist ? "Save" : "Create"}</button>
        </div>
      </form>
    </Dialog>
  );
}
