import { describe, expect, it } from "vitest";
import { isSameLine, planStart, positionAt, Score } from "./schedule";
import type { Playback } from "./types";

const PLAYING: Playback = {
  roomId: "r",
  version: 3,
  status: "playing",
  track: { id: "t", url: "/media/t.m4a", duration: 100 },
  queueItemId: "q",
  position: 10,
  anchorAt: 50_000,
  rate: 1,
};

describe("a position", () => {
  it("moves with the server's time while playing", () => {
    expect(positionAt(PLAYING, 52_500)).toBe(12.5);
    expect(positionAt({ ...PLAYING, rate: 2 }, 52_500)).toBe(15);
  });

  it("waits for an anchor that lies in the future", () => {
    expect(positionAt(PLAYING, 49_000)).toBe(10);
  });

  it("stands still while nothing plays", () => {
    expect(positionAt({ ...PLAYING, status: "paused" }, 99_000)).toBe(10);
    expect(positionAt({ ...PLAYING, status: "waiting", anchorAt: null }, 99_000)).toBe(10);
  });

  it("ends where the track ends", () => {
    expect(positionAt(PLAYING, 999_000)).toBe(100);
  });
});

describe("a start", () => {
  it("is at the anchor when there is time", () => {
    expect(planStart(PLAYING, 5, 4)).toEqual({ when: 5, offset: 10 });
  });

  it("is as soon as it can be, and further on, when the anchor is past", () => {
    expect(planStart({ ...PLAYING, rate: 2 }, 5, 8)).toEqual({ when: 8, offset: 16 });
  });

  it("is none after the end of the track", () => {
    expect(planStart(PLAYING, 5, 96)).toBeNull();
  });
});

describe("two playbacks", () => {
  it("are one line when they differ by anchor and position alike", () => {
    const later = { ...PLAYING, version: 4, position: 20, anchorAt: 60_000 };
    expect(isSameLine(PLAYING, later)).toBe(true);
  });

  it("are not when one was sought, plays another track, or another time", () => {
    expect(isSameLine(PLAYING, { ...PLAYING, position: 11 })).toBe(false);
    expect(isSameLine(PLAYING, { ...PLAYING, queueItemId: "q2" })).toBe(false);
    expect(isSameLine(PLAYING, { ...PLAYING, status: "paused" })).toBe(false);
  });
});

describe("what has been scheduled", () => {
  it("knows the position through changes of the rate", () => {
    const score = new Score();
    expect(score.positionAt(1)).toBeNull();
    score.begin(2, 30, 1);
    score.changeRate(4, 2);
    expect(score.positionAt(1)).toBeNull();
    expect(score.positionAt(3)).toBe(31);
    expect(score.positionAt(5)).toBe(34);
  });

  it("still knows what sounds now when the next start is yet to come", () => {
    const score = new Score();
    score.begin(0, 0, 1);
    score.begin(10, 90, 1);
    expect(score.positionAt(9)).toBe(9);
    expect(score.positionAt(11)).toBe(91);
  });
});
