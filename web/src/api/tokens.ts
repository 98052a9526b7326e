/** The tokens of a session, where every tab of this browser finds them. */

import type { OwnUser } from "./types";

const KEY = "soundroom.session";

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** When the access token ends by this machine's clock, ms since the epoch. */
  readonly expiresAt: number;
  readonly user: OwnUser;
}

/** The part of `localStorage` that is needed. */
export interface Drawer {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export class TokenStore {
  constructor(private readonly drawer: Drawer) {}

  read(): Tokens | null {
    try {
      const found = JSON.parse(this.drawer.getItem(KEY) ?? "null") as Tokens | null;
      return typeof found?.accessToken === "string" && found.user ? found : null;
    } catch {
      return null;
    }
  }

  write(tokens: Tokens): void {
    this.drawer.setItem(KEY, JSON.stringify(tokens));
  }

  clear(): void {
    this.drawer.removeItem(KEY);
  }
}
