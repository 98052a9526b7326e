import type { User } from "../api/types";
import { hueOf } from "./hue";

/** A user's picture, or their first letter on a colour of their own. */
export function Avatar({ user }: { user: User | null }) {
  const name = user?.displayName ?? "?";
  const hue = hueOf(user?.id ?? "");
  if (user?.avatarUrl) return <img class="avatar" src={user.avatarUrl} alt="" loading="lazy" />;
  return (
    <span class="avatar" style={{ "--hue": hue }} aria-hidden="true">
      {[...name][0]?.toUpperCase()}
    </span>
  );
}
