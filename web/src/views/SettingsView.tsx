import { account, session } from "../app";
import { DataCard } from "./DataCard";
import { IdentitiesCard } from "./IdentitiesCard";
import { PasswordCard } from "./PasswordCard";
import { ProfileCard } from "./ProfileCard";
import { SessionsCard } from "./SessionsCard";
import { StatusCard } from "./StatusCard";
import { TwoFactorCard } from "./TwoFactorCard";
import { useOnline } from "./useOnline";

/** All that one may change about oneself. */
export function SettingsView() {
  const user = session.user.value;
  useOnline(() => account.load());
  if (user === null) return null;
  return (
    <div class="page">
      <h1>Settings</h1>
      <div class="settings-grid">
        <ProfileCard user={user} />
        <StatusCard user={user} />
        {!user.isGuest && <TwoFactorCard user={user} />}
        {!user.isGuest && <PasswordCard user={user} />}
        {!user.isGuest && <IdentitiesCard user={user} />}
        <SessionsCard />
        <DataCard user={user} />
      </div>
    </div>
  );
}
