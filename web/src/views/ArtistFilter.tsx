import { useSignal } from "@preact/signals";
import { useEffect, useId, useRef } from "preact/hooks";
import { library, watch } from "../app";

const PAUSE_MS = 250;

/** A field for an artist's name, with names to choose from; it chooses when the name is whole. */
export function ArtistFilter({ onChoose }: { onChoose: (artistId: string | undefined) => void }) {
  const { artists } = library;
  const id = useId();
  const chosen = useSignal<string | undefined>(library.tracks.filter.peek().artistId);
  const text = useSignal("");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const wanted = text.value.trim().toLowerCase();
  const found = artists.items.value.find(({ name }) => name.toLowerCase() === wanted)?.id;
  useEffect(() => {
    // A name that is still being typed changes nothing.
    if (found === chosen.peek() || (found === undefined && wanted !== "")) return;
    chosen.value = found;
    onChoose(found);
  }, [found, wanted]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <>
      <input
        type="search"
        aria-label="Artist"
        placeholder="Artist"
        maxLength={200}
        list={id}
        onFocus={() => artists.isKnown.peek() || watch(artists.search())}
        onInput={({ currentTarget: { value } }) => {
          text.value = value;
          clearTimeout(timer.current);
          timer.current = setTimeout(() => watch(artists.search(value)), PAUSE_MS);
        }}
      />
      <datalist id={id}>
        {artists.items.value.map((artist) => <option key={artist.id} value={artist.name} />)}
      </datalist>
    </>
  );
}
