import { useSignal } from "@preact/signals";
import type { OwnUser } from "../api/types";
import { account, toasts, watch } from "../app";
import { Area, Field, FormError } from "./Field";
import { PictureField } from "./PictureField";
import { useForm } from "./useForm";

/** How others see one. */
export function ProfileCard({ user }: { user: OwnUser }) {
  const displayName = useSignal(user.displayName);
  const bio = useSignal(user.bio ?? "");
  const form = useForm(async () => {
    await account.update({ displayName: displayName.value.trim(), bio: bio.value.trim() || null });
    toasts.say("Your profile is saved.");
  }, ["displayName", "bio"]);
  const setAvatar = (file: File | null): void => {
    watch(file === null ? account.update({ avatarUrl: null }) : account.setAvatar(file));
  };
  return (
    <section class="card stack" aria-labelledby="profile-title">
      <h2 id="profile-title">Profile</h2>
      <p class="muted">Friends find you as <strong data-testid="own-tag">{user.tag}</strong></p>
      <PictureField label="Picture" hint="It counts at once" url={user.avatarUrl} isRound onChange={setAvatar} />
      <form class="stack" onSubmit={form.submit} noValidate aria-labelledby="profile-title">
        <Field label="Name" data-testid="profile-name" autocomplete="off" maxLength={32} value={displayName.value} error={form.of("displayName")} onInput={(value) => (displayName.value = value)} />
        <Area label="About you" data-testid="profile-bio" maxLength={500} value={bio.value} error={form.of("bio")} onInput={(value) => (bio.value = value)} />
        {form.problem && <FormError>{form.problem}</FormError>}
        <button type="submit" class="primary" data-testid="profile-save" aria-disabled={form.isBusy}>Save</button>
      </form>
    </section>
  );
}
