import type { Track } from "../api/types";
import { hueOf } from "./hue";
import { Icon } from "./Icon";

/** A track's cover, or a colour of its own. */
export function Cover({ track }: { track: Track | null }) {
  if (track?.coverUrl) return <img class="cover" src={track.coverUrl} alt="" loading="lazy" />;
  return (
    <span class={track ? "cover" : "cover cover-empty"} style={{ "--hue": hueOf(track?.id ?? "") }} aria-hidden="true">
      <Icon name="note" />
    </span>
  );
}
