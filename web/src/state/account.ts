/** What one may change about oneself. Each change throws a `Failure` with the server's sentence. */

import { signal } from "@preact/signals";
import type { Calls } from "../api/calls";
import type { Identity, Image, OwnUser, PayloadOf, Provider, SessionInfo } from "../api/types";

export interface AccountEffects {
  /** The own user has changed. */
  readonly know: (user: OwnUser) => void;
  /** The account is no more. */
  readonly end: (farewell: string) => void;
  readonly uploadImage: (file: File) => Promise<Image>;
}

export class Account {
  /** Where one is signed in; null before it is known. */
  readonly sessions = signal<readonly SessionInfo[] | null>(null);
  /** The accounts elsewhere with which one may sign in. */
  readonly identities = signal<readonly Identity[]>([]);

  constructor(
    private readonly calls: Calls,
    private readonly effects: AccountEffects,
  ) {}

  /** Read what is not in the own user. */
  async load(): Promise<void> {
    this.sessions.value = await this.calls.call("session:list", {});
    this.identities.value = await this.calls.call("user:identities", {});
  }

  async update(changes: PayloadOf<"user:update_profile">): Promise<void> {
    this.effects.know(await this.calls.call("user:update_profile", changes));
  }

  /** Take an image as the avatar, in the small size that avatars have. */
  async setAvatar(file: File): Promise<void> {
    const { thumbnailUrl } = await this.effects.uploadImage(file);
    await this.update({ avatarUrl: thumbnailUrl });
  }

  async setStatus(changes: PayloadOf<"user:set_status">): Promise<void> {
    this.effects.know(await this.calls.call("user:set_status", changes));
  }

  /** Everybody else who is signed in with the old password is signed out. */
  async changePassword(currentPassword: string, newPassword: string): Promise<void> {
    const old = currentPassword === "" ? {} : { currentPassword };
    await this.calls.call("user:change_password", { ...old, newPassword });
    this.sessions.value = this.sessions.peek()?.filter(({ current }) => current) ?? null;
  }

  async revoke(sessionId: string): Promise<void> {
    await this.calls.call("session:revoke", { sessionId });
    this.sessions.value = this.sessions.peek()?.filter(({ id }) => id !== sessionId) ?? null;
  }

  /** The address to go to, to link an account with a provider; one comes back with a code. */
  async linkUrl(provider: Provider, password: string): Promise<string> {
    const secret = password === "" ? {} : { password };
    return (await this.calls.call("user:link_identity", { provider, ...secret })).url;
  }

  /** Link what one has come back with. */
  async confirmLink(code: string): Promise<void> {
    const linked = await this.calls.call("user:confirm_identity", { code });
    const others = this.identities.peek().filter(({ provider }) => provider !== linked.provider);
    this.identities.value = [...others, linked];
  }

  async unlink(provider: Provider): Promise<void> {
    await this.calls.call("user:unlink", { provider });
    this.identities.value = this.identities.peek().filter((one) => one.provider !== provider);
  }

  /** Where to download everything about oneself, for a few minutes. */
  async exportUrl(): Promise<string> {
    return (await this.calls.call("user:export_data", {})).url;
  }

  async delete(password: string): Promise<void> {
    await this.calls.call("user:delete_account", password === "" ? {} : { password });
    this.effects.end("Your account has been deleted.");
  }

  forget(): void {
    this.sessions.value = null;
    this.identities.value = [];
  }
}
