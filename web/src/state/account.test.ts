import { beforeEach, describe, expect, it } from "vitest";
import { Calls } from "../api/calls";
import type { Image, OwnUser } from "../api/types";
import { FakeSocket, refusal } from "../testing/FakeSocket";
import { user } from "../testing/objects";
import { Account } from "./account";
import { imageOf, TwoFactor } from "./twoFactor";

let socket: FakeSocket;
let calls: Calls;
let account: Account;
let known: Partial<OwnUser>[];
let farewells: string[];
const last = (): unknown => socket.sent.at(-1);

beforeEach(async () => {
  socket = new FakeSocket();
  socket.connected = true;
  known = [];
  farewells = [];
  calls = new Calls(socket.asSocket, async () => undefined);
  account = new Account(calls, {
    know: (changed) => known.push(changed),
    end: (farewell) => farewells.push(farewell),
    uploadImage: async () => ({ url: "/full", thumbnailUrl: "/thumb" }) as Image,
  });
  socket.answer("session:list", () => [{ id: "here", current: true }, { id: "there", current: false }]);
  socket.answer("user:identities", () => [{ provider: "google", email: "ada@example.org", linkedAt: "" }]);
  await account.load();
});

describe("an account", () => {
  it("is known by its new name and picture at once", async () => {
    socket.answer("user:update_profile", (changes: object) => ({ ...user("ada"), ...changes }));
    await account.update({ displayName: "Ada L." });
    await account.setAvatar(new File([], "me.png"));
    expect(known).toMatchObject([{ displayName: "Ada L." }, { avatarUrl: "/thumb" }]);
  });

  it("is invisible on demand", async () => {
    socket.answer("user:set_status", (changes: object) => ({ ...user("ada"), ...changes }));
    await account.setStatus({ status: "offline" });
    expect(known).toMatchObject([{ status: "offline" }]);
  });

  it("has no other session after a new password", async () => {
    socket.answer("user:change_password", () => refusal("forbidden"));
    await expect(account.changePassword("wrong", "a new password")).rejects.toThrow("forbidden");
    expect(account.sessions.value).toHaveLength(2);
    socket.answer("user:change_password", () => ({}));
    await account.changePassword("", "a new password");
    expect(last()).toEqual(["user:change_password", { newPassword: "a new password" }]);
    expect(account.sessions.value?.map(({ id }) => id)).toEqual(["here"]);
  });

  it("is signed out elsewhere, and unlinked", async () => {
    socket.answer("session:revoke", () => ({}));
    socket.answer("user:unlink", () => ({}));
    await account.revoke("there");
    await account.unlink("google");
    expect(account.sessions.value?.map(({ id }) => id)).toEqual(["here"]);
    expect(account.identities.value).toEqual([]);
  });

  it("is linked with what one comes back with", async () => {
    socket.answer("user:link_identity", () => ({ url: "/auth/spotify?link=ticket" }));
    expect(await account.linkUrl("spotify", "secret")).toBe("/auth/spotify?link=ticket");
    expect(last()).toEqual(["user:link_identity", { provider: "spotify", password: "secret" }]);
    socket.answer("user:confirm_identity", () => ({ provider: "spotify", email: null, linkedAt: "" }));
    await account.confirmLink("code");
    expect(account.identities.value.map(({ provider }) => provider)).toEqual(["google", "spotify"]);
  });

  it("gives its data away to nobody else", async () => {
    socket.answer("user:export_data", () => ({ url: "/media/exports/x?sig=1", expiresAt: "" }));
    expect(await account.exportUrl()).toBe("/media/exports/x?sig=1");
  });

  it("ends only when the server has deleted it", async () => {
    socket.answer("user:delete_account", () => refusal("forbidden"));
    await expect(account.delete("wrong")).rejects.toThrow("forbidden");
    expect(farewells).toEqual([]);
    socket.answer("user:delete_account", () => ({}));
    await account.delete("right");
    expect(farewells).toEqual(["Your account has been deleted."]);
  });
});

describe("a second factor", () => {
  const setup = { secret: "JBSWY3DP", otpauthUrl: "otpauth://totp/x", qrSvg: "<svg/>" };
  let twoFactor: TwoFactor;
  let switched: boolean[];

  beforeEach(() => {
    switched = [];
    twoFactor = new TwoFactor(calls, (isOn) => switched.push(isOn));
    socket.answer("two_factor:setup", () => setup);
  });

  it("is set up by password, code and recovery codes", async () => {
    await twoFactor.begin("secret");
    expect(twoFactor.at.value).toEqual({ step: "scan", key: setup });
    socket.answer("two_factor:enable", () => ({ recoveryCodes: ["aaaaa-bbbbb"] }));
    await twoFactor.enable("123 456 ");
    expect(last()).toEqual(["two_factor:enable", { code: "123456" }]);
    expect(twoFactor.at.value).toEqual({ step: "codes", recoveryCodes: ["aaaaa-bbbbb"] });
    expect(switched).toEqual([true]);
    twoFactor.close();
    expect(JSON.stringify(twoFactor.at.value)).toBe('{"step":"idle"}');
  });

  it("may be tried again with another code", async () => {
    await twoFactor.begin("");
    expect(last()).toEqual(["two_factor:setup", {}]);
    socket.answer("two_factor:enable", () => refusal("forbidden"));
    await expect(twoFactor.enable("000000")).rejects.toThrow("forbidden");
    expect(twoFactor.at.value.step).toBe("scan");
    expect(switched).toEqual([]);
  });

  it("is turned off by password and code", async () => {
    socket.answer("two_factor:disable", () => ({}));
    await twoFactor.disable("secret", "aaaaa-bbbbb");
    expect(last()).toEqual(["two_factor:disable", { password: "secret", code: "aaaaa-bbbbb" }]);
    expect(switched).toEqual([false]);
  });

  it("is shown as an image, whatever letters are in it", () => {
    const address = imageOf("<svg><title>Söundroom</title></svg>");
    const bytes = Uint8Array.from(atob(address.split(",")[1]!), (letter) => letter.charCodeAt(0));
    expect(address).toMatch(/^data:image\/svg\+xml;base64,/);
    expect(new TextDecoder().decode(bytes)).toBe("<svg><title>Söundroom</title></svg>");
  });
});
