import type { Playlist, Track } from "../api/types";
import { hueOf } from "./hue";
import { Icon } from "./Icon";

/** A track's cover, or a colour of its own. */
export function Cover({ track }: { track: Track | null }) {
  return <Picture id={track?.id ?? null} url={track?.coverUrl ?? null} />;
}

export function PlaylistCover({ playlist }: { playlist: Playlist }) {
  return <Picture id={playlist.id} url={playlist.imageUrl} />;
}

function Picture({ id, url }: { id: string | null; url: string | null }) {
  if (url !== null) return <img class="cover" src={url} alt="" loading="lazy" />;
  return (
    <span class={id === null ? "cover cover-empty" : "cover"} style={{ "--hue": hueOf(id ?? "") }} aria-hidden="true">
      <Icon name="note" />
    </span>
  );
}
