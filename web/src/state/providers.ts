/** Going away to a provider to sign in or to link, and coming back. */

import { signal } from "@preact/signals";
import { Failure } from "../api/failure";
import type { Drawer } from "../api/tokens";
import type { Provider } from "../api/types";

export const PROVIDERS: readonly (readonly [Provider, string])[] = [
  ["google", "Google"],
  ["spotify", "Spotify"],
];

const KEY = "soundroom.away";

const SENTENCES: Record<string, string> = {
  access_denied: "You did not let them tell us who you are.",
  unavailable: "They cannot be reached at present. Please try again later.",
};

export interface ProviderOptions {
  /** Whether the server has a way to that provider. */
  readonly offers: (provider: Provider) => Promise<boolean>;
  /** Remembers for this tab that one went away. */
  readonly drawer: Drawer;
  /** The address of this page, without what it was called with. */
  readonly page: string;
  readonly exchange: (code: string) => Promise<void>;
  readonly confirmLink: (code: string) => Promise<void>;
}

export class Providers {
  /** Those that the server knows. */
  readonly offered = signal<readonly Provider[]>([]);

  constructor(private readonly options: ProviderOptions) {}

  /** Ask the server which there are. */
  async load(): Promise<void> {
    const names = PROVIDERS.map(([name]) => name);
    const known = await Promise.all(names.map((name) => this.options.offers(name)));
    this.offered.value = names.filter((_, index) => known[index]);
  }

  /** One goes away: the address to go to. It is `url`, or where one signs in with `provider`. */
  leave(provider: Provider, url = `/auth/${provider}`): string {
    this.options.drawer.setItem(KEY, provider);
    const sign = url.includes("?") ? "&" : "?";
    return `${url}${sign}redirect=${encodeURIComponent(this.options.page)}`;
  }

  /**
   * Take what the page was called with, `?code=…`, `?linkCode=…` or `?error=…`. A code counts only
   * for who went away from this tab: with another's one would be signed in as somebody else.
   */
  async arrive(query: string): Promise<void> {
    const answer = new URLSearchParams(query);
    const wasAway = this.options.drawer.getItem(KEY) !== null;
    this.options.drawer.removeItem(KEY);
    if (!wasAway) return;
    const [code, linkCode, error] = ["code", "linkCode", "error"].map((key) => answer.get(key));
    if (code) await this.options.exchange(code);
    else if (linkCode) await this.options.confirmLink(linkCode);
    else if (error) throw new Failure(error, SENTENCES[error] ?? "That did not work. Please try again.");
  }
}

export function titleOf(provider: Provider): string {
  return PROVIDERS.find(([name]) => name === provider)?.[1] ?? provider;
}
