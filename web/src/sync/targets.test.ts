import { describe, expect, it } from "vitest";
import { ServerClock } from "./clock";
import { MOBILE, WAN } from "./simulation/profiles";
import { type Algorithm, quantile, spreads } from "./simulation/rooms";

const ours: Algorithm = ({ probe, now, timers }) => new ServerClock({ probe, now, timers });

/** One measurement and no more, as a program would do it that does not care. */
const naive: Algorithm = (client) => {
  let offset = 0;
  const start = async (): Promise<void> => {
    const sent = client.now();
    const reply = await client.probe(sent);
    offset = (reply.receivedAt - sent + reply.sentAt - client.now()) / 2;
  };
  return { start: () => void start(), serverNow: () => client.now() + offset };
};

const MOMENTS = [3_000, 600_000];

/** The 95th percentile over 100 rooms of eight of the greatest difference in a room, ms. */
async function p95(algorithm: Algorithm, profile: typeof WAN): Promise<number[]> {
  const all = await spreads(algorithm, profile, 100, MOMENTS, 20_261_121);
  return all.map((moment) => quantile(moment, 0.95));
}

describe("eight clients of a room", () => {
  it("differ by at most 5 ms after 3 s and 3 ms after 10 minutes on a wide-area network", async () => {
    const [soon = NaN, later = NaN] = await p95(ours, WAN);
    expect(soon).toBeLessThanOrEqual(5);
    expect(later).toBeLessThanOrEqual(3);
  });

  it("differ by at most 10 ms after 3 s and 5 ms after 10 minutes on mobile networks", async () => {
    const [soon = NaN, later = NaN] = await p95(ours, MOBILE);
    expect(soon).toBeLessThanOrEqual(10);
    expect(later).toBeLessThanOrEqual(5);
  });

  it("differ by far more with a single measurement, so that the networks are no easy ones", async () => {
    const [soon = NaN, later = NaN] = await p95(naive, MOBILE);
    expect(soon).toBeGreaterThan(25);
    expect(later).toBeGreaterThan(50);
  });
});
