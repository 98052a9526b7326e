import { beforeEach, describe, expect, it } from "vitest";
import { drawer } from "../testing/objects";
import { Providers } from "./providers";

let taken: string[];
let providers: Providers;

beforeEach(() => {
  taken = [];
  providers = new Providers({
    offers: async (provider) => provider === "spotify",
    drawer: drawer(),
    page: "https://soundroom.example/",
    exchange: async (code) => void taken.push(code),
    confirmLink: async (code) => void taken.push(`link ${code}`),
  });
});

describe("providers", () => {
  it("are those that the server knows", async () => {
    await providers.load();
    expect(providers.offered.value).toEqual(["spotify"]);
  });

  it("are gone to with the page to come back to", () => {
    const page = encodeURIComponent("https://soundroom.example/");
    expect(providers.leave("google")).toBe(`/auth/google?redirect=${page}`);
    expect(providers.leave("google", "/auth/google?link=t")).toBe(`/auth/google?link=t&redirect=${page}`);
  });

  it("are come back from with a code, once", async () => {
    providers.leave("google");
    await providers.arrive("?code=a");
    await providers.arrive("?code=a");
    providers.leave("google");
    await providers.arrive("?linkCode=b");
    expect(taken).toEqual(["a", "link b"]);
  });

  it("sign nobody in who did not go away from here", async () => {
    await providers.arrive("?code=of-somebody-else");
    expect(taken).toEqual([]);
  });

  it("are come back from without anything, which is told", async () => {
    providers.leave("google");
    await expect(providers.arrive("?error=access_denied")).rejects.toThrow("did not let");
    providers.leave("google");
    await expect(providers.arrive("?error=internal")).rejects.toThrow("try again");
  });
});
