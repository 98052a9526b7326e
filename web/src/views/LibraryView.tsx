import { library, session, watch } from "../app";
import type { TrackFilter } from "../state/library";
import { hashOf, type LibraryPart } from "../state/route";
import { ArtistFilter } from "./ArtistFilter";
import { TRACK_ORDERS } from "./choices";
import { FavouriteList } from "./FavouriteList";
import { Check, Select } from "./Field";
import { Listed } from "./Listed";
import { PlaylistList } from "./PlaylistList";
import { Search } from "./Search";
import { TrackRow } from "./TrackRow";
import { UploadBox } from "./UploadBox";
import { useOnline } from "./useOnline";

const PARTS: readonly (readonly [LibraryPart, string])[] = [
  ["tracks", "Recordings"],
  ["playlists", "Playlists"],
  ["favourites", "Favourites"],
];

/** All recordings, playlists and favourites. */
export function LibraryView({ part }: { part: LibraryPart }) {
  return (
    <div class="page">
      <div class="page-head">
        <h1>Library</h1>
        <nav class="segments" aria-label="Parts of the library">
          {PARTS.map(([key, text]) => (
            <a key={key} href={hashOf({ page: "library", part: key })} aria-current={key === part ? "page" : undefined} data-testid={`part-${key}`}>
              {text}
            </a>
          ))}
        </nav>
      </div>
      {part === "tracks" && <Recordings />}
      {part === "playlists" && <PlaylistList />}
      {part === "favourites" && <FavouriteList />}
    </div>
  );
}

function Recordings() {
  const { tracks } = library;
  useOnline(() => tracks.refresh());
  const isSearched = tracks.query.value !== "" || Object.keys(tracks.filter.value).length > 0;
  return (
    <section class="card panel" aria-label="Recordings">
      <UploadBox roomId={null} />
      <Filters />
      <Listed
        from={tracks}
        as="track-list"
        looking="Looking…"
        none={isSearched ? "Nothing here is like that." : "Nothing here yet. Upload the first recording."}
      >
        {(track) => <TrackRow key={track.id} track={track} />}
      </Listed>
    </section>
  );
}

function Filters() {
  const { tracks } = library;
  const { sort = "newest", uploadedBy, genre = "" } = tracks.filter.value;
  const choose = (change: { [Key in keyof TrackFilter]?: TrackFilter[Key] | undefined }): void => {
    const chosen = Object.entries({ ...tracks.filter.peek(), ...change }).filter(([, value]) => value);
    watch(tracks.choose(Object.fromEntries(chosen)));
  };
  return (
    <div class="filters" role="search" aria-label="Recordings">
      <Search label="Search recordings" value={tracks.query.value} data-testid="library-search" onSearch={(query) => watch(tracks.search(query))} />
      <ArtistFilter onChoose={(artistId) => choose({ artistId })} />
      <Search label="Genre" value={genre} onSearch={(text) => choose({ genre: text.trim() || undefined })} />
      <Select label="Order" isLabelHidden value={sort} options={TRACK_ORDERS} onChange={(value) => choose({ sort: value })} />
      <Check label="Only mine" isOn={uploadedBy !== undefined} onChange={(isOn) => choose({ uploadedBy: isOn ? session.user.peek()?.id : undefined })} />
    </div>
  );
}
