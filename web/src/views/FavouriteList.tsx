import { favourites, watch } from "../app";
import { TRACK_ORDERS } from "./choices";
import { Select } from "./Field";
import { Listed } from "./Listed";
import { Search } from "./Search";
import { TrackRow } from "./TrackRow";
import { useOnline } from "./useOnline";

/** The tracks that one likes. */
export function FavouriteList() {
  const { tracks } = favourites;
  const { sort = "newest" } = tracks.filter.value;
  useOnline(() => tracks.refresh());
  return (
    <section class="card panel" aria-label="Favourites">
      <div class="filters">
        <Search label="Search favourites" value={tracks.query.value} onSearch={(query) => watch(tracks.search(query))} />
        <Select label="Order" isLabelHidden value={sort} options={TRACK_ORDERS} onChange={(value) => watch(tracks.choose({ sort: value }))} />
      </div>
      <Listed from={tracks} as="track-list" looking="Looking…" none="The heart beside a recording puts it here.">
        {(track) => <TrackRow key={track.id} track={track} />}
      </Listed>
    </section>
  );
}
