import { describe, expect, it } from "vitest";
import { type Exchange, measureRound, RoundNoise, roundTripOf } from "./rounds";

/** An exchange with a server that is `offset` ahead and took 2 ms, over legs of these delays. */
function exchange(sent: number, offset: number, up: number, down: number): Exchange {
  const serverReceived = sent + up + offset;
  const serverSent = serverReceived + 2;
  return { sent, serverReceived, serverSent, received: sent + up + 2 + down };
}

describe("a round of exchanges", () => {
  it("gives the offset of a quiet and even path", () => {
    const round = measureRound([exchange(0, 700, 20, 20)]);
    expect(round.offset).toBeCloseTo(700);
    expect(round.width).toBeCloseTo(40);
  });

  it("leaves the server's own time out of the round trip", () => {
    expect(roundTripOf(exchange(0, 700, 20, 30))).toBeCloseTo(50);
  });

  it("takes the best request and the best answer, be they of different exchanges", () => {
    const round = measureRound([exchange(0, 700, 20, 90), exchange(80, 700, 75, 20)]);
    expect(round.offset).toBeCloseTo(700);
  });

  it("is never wrong by more than half of its width", () => {
    const round = measureRound([exchange(0, 700, 20, 90), exchange(80, 700, 25, 60)]);
    expect(Math.abs(round.offset - 700)).toBeLessThanOrEqual(round.width / 2);
  });
});

describe("the noise of a round", () => {
  it("is small for a round as quick as the quickest, and great for a slow one", () => {
    const noise = new RoundNoise();
    noise.reset(measureRound([exchange(0, 0, 20, 20)]));
    const quick = noise.admit(measureRound([exchange(10_000, 0, 20, 20)]));
    const slow = noise.admit(measureRound([exchange(20_000, 0, 20, 120)]));
    expect(Math.sqrt(quick)).toBeLessThan(0.5);
    expect(Math.sqrt(slow)).toBeGreaterThan(20);
  });

  it("believes a path that became longer after some rounds", () => {
    const noise = new RoundNoise();
    noise.reset(measureRound([exchange(0, 0, 20, 20)]));
    const variances = Array.from({ length: 12 }, (_, index) =>
      noise.admit(measureRound([exchange(index * 10_000, 0, 40, 40)])),
    );
    expect(variances[0]).toBeGreaterThan(100);
    expect(variances[11]).toBeLessThan(1);
  });
});
