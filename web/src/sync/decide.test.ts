import { describe, expect, it } from "vitest";
import { BUFFER_LIMITS, decide, MEDIA_LIMITS } from "./decide";

const at = (driftMs: number, correcting = false, roomRate = 1) =>
  decide({ driftMs, correcting, roomRate, limits: BUFFER_LIMITS });

describe("what to do about a drift", () => {
  it("leaves a small one alone", () => {
    expect(at(5)).toEqual({ action: "none", rate: 1 });
    expect(at(-5)).toEqual({ action: "none", rate: 1 });
  });

  it("plays slower when it is ahead and faster when it is behind", () => {
    expect(at(15).action).toBe("nudge");
    expect(at(15).rate).toBeLessThan(1);
    expect(at(-15).rate).toBeGreaterThan(1);
  });

  it("never changes the rate by more than half a percent", () => {
    for (let drift = -200; drift <= 200; drift += 1) {
      expect(Math.abs(at(drift).rate - 1)).toBeLessThanOrEqual(0.005 + 1e-12);
    }
  });

  it("nudges up to 200 ms and jumps beyond", () => {
    expect(at(200).action).toBe("nudge");
    expect(at(201)).toEqual({ action: "jump", rate: 1 });
    expect(at(-201).action).toBe("jump");
  });

  it("goes on with a correction that it would not begin, until it is nearly right", () => {
    expect(at(4, false).action).toBe("none");
    expect(at(4, true).action).toBe("nudge");
    expect(at(1, true).action).toBe("none");
  });

  it("keeps the room's own rate", () => {
    expect(at(0, false, 1.5).rate).toBe(1.5);
    expect(at(400, false, 1.5).rate).toBe(1.5);
    expect(at(100, false, 2).rate).toBeCloseTo(1.99);
  });

  it("forgives a media element more", () => {
    expect(decide({ driftMs: 15, correcting: false, roomRate: 1, limits: MEDIA_LIMITS }).action).toBe("none");
  });

  it("settles", () => {
    let drift = 180;
    let correcting = false;
    let changes = 0;
    for (let tick = 0; tick < 200; tick += 1) {
      const { action, rate } = at(drift, correcting);
      if ((action === "nudge") !== correcting) changes += 1;
      correcting = action === "nudge";
      drift += (rate - 1) * 500;
    }
    expect(Math.abs(drift)).toBeLessThan(BUFFER_LIMITS.enterMs);
    expect(changes).toBe(2);
  });
});
