import { describe, expect, it } from "vitest";
import { Latest } from "./latest";

const value = (version: number, roomId = "room") => ({ roomId, version });

describe("the latest of what comes out of order", () => {
  it("takes a newer version", () => {
    const latest = new Latest();
    expect(latest.offer(value(1))).toBe(true);
    expect(latest.offer(value(2))).toBe(true);
    expect(latest.signal.value).toEqual(value(2));
  });

  it("keeps what it has when an older version comes late, or the same again", () => {
    const latest = new Latest();
    latest.offer(value(5));
    expect(latest.offer(value(4))).toBe(false);
    expect(latest.offer(value(5))).toBe(false);
    expect(latest.signal.value).toEqual(value(5));
  });

  it("begins anew in another room", () => {
    const latest = new Latest();
    latest.offer(value(9, "one"));
    expect(latest.offer(value(1, "other"))).toBe(true);
  });
});
