/** Who is signed in, and the tokens to show for it. */

import { computed, signal } from "@preact/signals";
import { Failure } from "../api/failure";
import type { TokenStore, Tokens } from "../api/tokens";
import type { OwnUser, Provider, Refreshed, SignedIn } from "../api/types";

/** A token with less life than this is exchanged before it is used, ms. */
const SPARE_MS = 45_000;

const ENDED = "Your session has ended. Please sign in again.";

const EXPIRED = "That took too long, or too many tries. Please sign in again.";

interface Challenge {
  readonly twoFactorRequired: true;
  readonly challengeToken: string;
}

/** Somebody came by way of a provider, and has an account of that address already. */
export interface LinkOffer {
  readonly linkRequired: true;
  readonly linkToken: string;
  readonly provider: Provider;
  readonly email: string;
}

export type SecondFactor = { readonly code: string } | { readonly recoveryCode: string };

/** How far signing in is: at its beginning, or something more is asked for. */
export type Step =
  | { readonly step: "first" }
  | { readonly step: "second"; readonly challengeToken: string }
  | { readonly step: "link"; readonly offer: LinkOffer };

const FIRST: Step = { step: "first" };

export interface SessionOptions {
  readonly post: <Data>(path: string, body: object, accessToken?: string) => Promise<Data>;
  readonly store: TokenStore;
  /** This machine's clock, ms since the epoch. */
  readonly now: () => number;
  /** Runs `task` while no other tab of this browser does: they share the tokens. */
  readonly alone: <Result>(task: () => Promise<Result>) => Promise<Result>;
}

export class Session {
  readonly user = signal<OwnUser | null>(null);
  /** Why one is signed out, where that was not one's own wish. */
  readonly farewell = signal<string | null>(null);
  readonly isOpen = computed(() => this.user.value !== null);
  readonly step = signal<Step>(FIRST);
  private tokens: Tokens | null = null;
  private renewing: Promise<string> | null = null;

  constructor(private readonly options: SessionOptions) {
    this.tokens = options.store.read();
    this.user.value = this.tokens?.user ?? null;
  }

  async register(username: string, password: string): Promise<void> {
    await this.begin("/auth/register", { username, password });
  }

  async login(username: string, password: string): Promise<void> {
    await this.begin("/auth/login", { username, password });
  }

  /** The second step: a code of the authenticator app, or a recovery code. */
  async loginSecond(factor: SecondFactor): Promise<void> {
    const at = this.step.peek();
    if (at.step !== "second") throw new Failure("unauthorized", EXPIRED);
    await this.goOn("/auth/login/2fa", { challengeToken: at.challengeToken, ...factor });
  }

  /** Sign in with what one has brought back from a provider. */
  async exchange(code: string): Promise<void> {
    await this.goOn("/auth/oauth/exchange", { code });
  }

  /** Show that the account of that address is one's own, and link both. */
  async link(password: string, code: string): Promise<void> {
    const at = this.step.peek();
    if (at.step !== "link") throw new Failure("unauthorized", EXPIRED);
    const { linkToken } = at.offer;
    await this.goOn("/auth/oauth/link", { linkToken, password, ...(code === "" ? {} : { code }) });
  }

  /** Back to the beginning. */
  stepBack(farewell: string | null = null): void {
    this.step.value = FIRST;
    this.farewell.value = farewell;
  }

  async guest(username: string): Promise<void> {
    await this.begin("/auth/guest", { username });
  }

  /** An access token with some life left; throws a `Failure` where none can be had. */
  async freshToken(): Promise<string> {
    const { tokens } = this;
    if (tokens === null) throw new Failure("unauthorized", ENDED);
    return tokens.expiresAt - this.options.now() > SPARE_MS ? tokens.accessToken : this.renew();
  }

  /** A new access token. Where the server refuses, the session is over. */
  renew(): Promise<string> {
    this.renewing ??= this.options
      .alone(() => this.refresh())
      .finally(() => {
        this.renewing = null;
      });
    return this.renewing;
  }

  /** Sign out here, and tell the server if it can be reached. */
  async signOut(): Promise<void> {
    const token = this.tokens?.accessToken;
    this.end(null);
    if (token !== undefined) await this.options.post("/auth/logout", {}, token).catch(() => undefined);
  }

  /** Forget the session, and say why. */
  end(farewell: string | null = ENDED): void {
    const { store } = this.options;
    // Another tab may have signed somebody else in meanwhile.
    if (store.read()?.user.id === this.tokens?.user.id) store.clear();
    this.tokens = null;
    this.stepBack(farewell);
    this.user.value = null;
  }

  /** The server's word on who this is. */
  know(user: OwnUser): void {
    if (this.tokens !== null) this.keep({ ...this.tokens, user });
  }

  private async begin(path: string, body: object): Promise<void> {
    const answer = await this.options.post<SignedIn | Challenge | LinkOffer>(path, body);
    this.stepBack();
    if ("challengeToken" in answer) {
      this.step.value = { step: "second", challengeToken: answer.challengeToken };
    } else if ("linkToken" in answer) {
      this.step.value = { step: "link", offer: answer };
    } else {
      const { user, ...pair } = answer;
      this.keep(this.dated(pair, user));
    }
  }

  /** A later step; where its ticket is spent one begins anew. */
  private async goOn(path: string, body: object): Promise<void> {
    try {
      await this.begin(path, body);
    } catch (error) {
      if (error instanceof Failure && error.code.startsWith("token_")) this.stepBack(EXPIRED);
      throw error;
    }
  }

  private async refresh(): Promise<string> {
    const mine = this.tokens;
    if (mine === null) throw new Failure("unauthorized", ENDED);
    const stored = this.options.store.read();
    if (stored !== null && stored.expiresAt > mine.expiresAt && stored.user.id === mine.user.id) {
      this.keep(stored); // another tab has been faster
      return stored.accessToken;
    }
    try {
      const { refreshToken } = mine;
      const pair = await this.options.post<Refreshed>("/auth/refresh", { refreshToken });
      if (this.tokens === null) throw new Failure("unauthorized", ENDED);
      this.keep(this.dated(pair, this.tokens.user));
      return pair.accessToken;
    } catch (error) {
      if (error instanceof Failure && isRefusal(error)) this.end(this.farewell.value ?? ENDED);
      throw error;
    }
  }

  private dated(pair: Refreshed, user: OwnUser): Tokens {
    const { accessToken, refreshToken, expiresIn } = pair;
    return { accessToken, refreshToken, expiresAt: this.options.now() + expiresIn * 1000, user };
  }

  private keep(tokens: Tokens): void {
    this.tokens = tokens;
    this.options.store.write(tokens);
    this.user.value = tokens.user;
  }
}

function isRefusal({ code }: Failure): boolean {
  return ["unauthorized", "token_invalid", "token_expired", "session_revoked"].includes(code);
}

/** Only one tab at a time; where the browser has no locks (no https), each for itself. */
export async function aloneInBrowser<Result>(task: () => Promise<Result>): Promise<Result> {
  if (navigator.locks === undefined) return task();
  return (await navigator.locks.request("soundroom:tokens", task)) as Result;
}
