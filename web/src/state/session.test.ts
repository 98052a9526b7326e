import { beforeEach, describe, expect, it } from "vitest";
import { Failure } from "../api/failure";
import { TokenStore } from "../api/tokens";
import { drawer, user } from "../testing/objects";
import { Session } from "./session";

const LIFE_S = 900;

let now = 0;
let asked: string[] = [];
let problem: Failure | null = null;
let box = drawer();
let isSecond = false;

async function post<Data>(path: string): Promise<Data> {
  asked.push(path);
  await Promise.resolve();
  if (problem !== null) throw problem;
  const number = asked.length;
  if (path === "/auth/oauth/exchange") return { linkRequired: true, linkToken: "link", provider: "google", email: "a@b.c" } as Data;
  if (isSecond && path === "/auth/login") return { twoFactorRequired: true, challengeToken: "ticket" } as Data;
  const pair = { accessToken: `access ${number}`, refreshToken: `refresh ${number}`, expiresIn: LIFE_S };
  return { ...pair, user: user("ada") } as Data;
}

const open = (): Session =>
  new Session({ post, store: new TokenStore(box), now: () => now, alone: (task) => task() });

describe("a session", () => {
  beforeEach(() => {
    now = 1_000_000;
    asked = [];
    problem = null;
    isSecond = false;
    box = drawer();
  });

  it("is open after signing in, and still after a reload", async () => {
    const session = open();
    expect(session.isOpen.value).toBe(false);
    await session.login("ada", "secret");
    expect(session.isOpen.value).toBe(true);
    expect(open().user.value?.id).toBe("ada");
  });

  it("shows a token while it lives and exchanges it just before it ends", async () => {
    const session = open();
    await session.login("ada", "secret");
    expect(await session.freshToken()).toBe("access 1");
    now += (LIFE_S - 10) * 1000;
    expect(await session.freshToken()).toBe("access 2");
    expect(asked).toEqual(["/auth/login", "/auth/refresh"]);
  });

  it("exchanges once for all who ask at the same time", async () => {
    const session = open();
    await session.login("ada", "secret");
    const tokens = await Promise.all([session.renew(), session.renew(), session.renew()]);
    expect(new Set(tokens).size).toBe(1);
    expect(asked.filter((path) => path === "/auth/refresh")).toHaveLength(1);
  });

  it("takes over the tokens that another tab has got", async () => {
    const session = open();
    await session.login("ada", "secret");
    const other = open();
    now += 1_000;
    const theirs = await other.renew();
    expect(await session.renew()).toBe(theirs);
    expect(asked.filter((path) => path === "/auth/refresh")).toHaveLength(1);
  });

  it("is over, with a sentence, when the server refuses the refresh token", async () => {
    const session = open();
    await session.login("ada", "secret");
    problem = new Failure("session_revoked", "This session has ended.");
    await expect(session.renew()).rejects.toThrow("This session has ended.");
    expect(session.isOpen.value).toBe(false);
    expect(session.farewell.value).toContain("sign in again");
    expect(open().isOpen.value).toBe(false);
  });

  it("outlives a server that cannot be reached", async () => {
    const session = open();
    await session.login("ada", "secret");
    problem = new Failure("offline", "The server cannot be reached.");
    await expect(session.renew()).rejects.toThrow("cannot be reached");
    expect(session.isOpen.value).toBe(true);
    problem = null;
    await expect(session.renew()).resolves.toContain("access");
  });

  it("leaves the tokens of another user alone when it ends", async () => {
    const session = open();
    await session.login("ada", "secret");
    new TokenStore(box).write({ accessToken: "a", refreshToken: "r", expiresAt: 1, user: user("grace") });
    session.end();
    expect(open().user.value?.id).toBe("grace");
  });

  it("begins with a second factor where there is one", async () => {
    isSecond = true;
    const session = open();
    await session.login("ada", "secret");
    expect([session.isOpen.value, session.step.value.step]).toEqual([false, "second"]);
    await session.loginSecond({ code: "123456" });
    expect([session.isOpen.value, session.step.value.step]).toEqual([true, "first"]);
    expect(asked).toEqual(["/auth/login", "/auth/login/2fa"]);
  });

  it("lets one try a second code, but goes back to the password when the ticket is spent", async () => {
    isSecond = true;
    const session = open();
    await session.login("ada", "secret");
    problem = new Failure("unauthorized", "This code is wrong.");
    await expect(session.loginSecond({ code: "1" })).rejects.toThrow("wrong");
    expect(session.step.value.step).toBe("second");
    problem = new Failure("token_invalid", "Too late.");
    await expect(session.loginSecond({ recoveryCode: "a" })).rejects.toThrow("Too late");
    expect(session.step.value.step).toBe("first");
    expect(session.farewell.value).toContain("sign in again");
  });

  it("links what one brought from a provider with the account of that address", async () => {
    const session = open();
    await session.exchange("code");
    expect(session.step.value).toMatchObject({ step: "link", offer: { email: "a@b.c" } });
    problem = new Failure("unauthorized", "This is wrong.");
    await expect(session.link("wrong", "")).rejects.toThrow("wrong");
    expect(session.step.value.step).toBe("link");
    problem = null;
    await session.link("secret", "123456");
    expect(session.isOpen.value).toBe(true);
    expect(asked.slice(1)).toEqual(["/auth/oauth/link", "/auth/oauth/link"]);
  });
});
