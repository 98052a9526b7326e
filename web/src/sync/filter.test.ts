import { describe, expect, it } from "vitest";
import { OffsetDriftFilter } from "./filter";
import { Random } from "./simulation/random";

/** Feed measurements of a clock that is `offset` ahead and gains `ppm`, every 10 s. */
function follow(ppm: number, noiseMs: number, rounds: number, seed: number): OffsetDriftFilter {
  const random = new Random(seed);
  const filter = new OffsetDriftFilter();
  filter.reset(0, 500 + noiseMs * random.normal(), noiseMs ** 2);
  for (let round = 1; round <= rounds; round += 1) {
    const at = round * 10_000;
    filter.update(at, 500 + at * ppm * 1e-6 + noiseMs * random.normal(), noiseMs ** 2);
  }
  return filter;
}

describe("the offset and drift filter", () => {
  it.each([50, -50, 0])("finds a drift of %i ppm in ten minutes", (ppm) => {
    const filter = follow(ppm, 1, 60, 7);
    expect(filter.drift).toBeGreaterThan(ppm - 3);
    expect(filter.drift).toBeLessThan(ppm + 3);
    expect(filter.driftUncertainty).toBeLessThan(3);
  });

  it("becomes better than a single measurement", () => {
    const filter = follow(30, 2, 60, 11);
    expect(Math.abs(filter.offsetAt(600_000) - 500 - 18)).toBeLessThan(2);
    expect(filter.uncertaintyAt(600_000)).toBeLessThan(1);
  });

  it("is within three of its own standard deviations nearly always", () => {
    const scores = Array.from({ length: 300 }, (_, seed) => {
      const filter = follow(50, 1, 20, seed + 1);
      return Math.abs(filter.offsetAt(200_000) - 510) / filter.uncertaintyAt(200_000);
    });
    expect(scores.filter((score) => score < 3).length).toBeGreaterThanOrEqual(294);
    expect(scores.filter((score) => score < 0.2).length).toBeLessThan(150);
  });

  it("is less and less certain while nothing is measured", () => {
    const filter = follow(10, 1, 10, 3);
    expect(filter.uncertaintyAt(400_000)).toBeGreaterThan(filter.uncertaintyAt(100_000) * 2);
  });

  it("hardly moves for a measurement that says of itself that it is bad", () => {
    const filter = follow(0, 1, 30, 5);
    const before = filter.offsetAt(310_000);
    filter.update(310_000, 900, 200 ** 2);
    expect(Math.abs(filter.offsetAt(310_000) - before)).toBeLessThan(1);
  });
});
