import { useSignal } from "@preact/signals";
import type { User } from "../api/types";
import { friends } from "../app";
import { Confirm } from "./Dialog";

type Opened = "remove" | "block" | null;

/** What one may do about somebody. */
export function PersonMenu({ user }: { user: User }) {
  const opened = useSignal<Opened>(null);
  const close = (): void => void (opened.value = null);
  return (
    <>
      <select
        class="menu"
        aria-label={`What to do with ${user.displayName}`}
        data-testid="friend-menu"
        value=""
        onChange={(event) => {
          opened.value = event.currentTarget.value as Opened;
          event.currentTarget.value = "";
        }}
      >
        <option value="">⋯</option>
        {friends.standing(user.id) === "friend" && <option value="remove">Remove…</option>}
        <option value="block">Block…</option>
      </select>
      {opened.value === "remove" && (
        <Confirm title={`Remove ${user.displayName}?`} action="Remove" work={() => friends.remove(user.id)} onClose={close}>
          You will no longer see where the other one listens.
        </Confirm>
      )}
      {opened.value === "block" && (
        <Confirm title={`Block ${user.displayName}?`} action="Block" work={() => friends.block(user)} onClose={close}>
          They can neither find you nor ask you any more. They are not told.
        </Confirm>
      )}
    </>
  );
}
