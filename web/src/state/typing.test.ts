import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Typing } from "./typing";

describe("typing", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("fades when nothing more is heard", () => {
    const typing = new Typing(() => undefined);
    typing.heard("grace");
    vi.advanceTimersByTime(3_000);
    typing.heard("grace");
    vi.advanceTimersByTime(3_000);
    expect(typing.users.value).toEqual(["grace"]);
    vi.advanceTimersByTime(3_000);
    expect(typing.users.value).toEqual([]);
  });

  it("is told at most every three seconds, and at once for the next message", () => {
    let told = 0;
    const typing = new Typing(() => (told += 1));
    for (const ms of [0, 1_000, 2_900, 3_000]) typing.pressed(ms);
    expect(told).toBe(2);
    typing.rest();
    typing.pressed(3_100);
    expect(told).toBe(3);
  });
});
