import { describe, expect, it } from "vitest";
import { ServerClock } from "./clock";
import { SimulatedClient } from "./simulation/client";
import { MOBILE, type NetworkProfile, WAN } from "./simulation/profiles";

const QUIET: NetworkProfile = { ...WAN, name: "quiet", tail: { ...WAN.tail, chance: 0 }, asymmetry: 0 };

function clockOf(client: SimulatedClient): ServerClock {
  return new ServerClock({ probe: client.probe, now: client.now, timers: client.timers });
}

function errorOf(clock: ServerClock, client: SimulatedClient): number {
  return Math.abs(clock.serverNow() - client.trueServerTime());
}

async function run(profile: NetworkProfile, seed: number, untilMs: number, ppm?: number) {
  const client = new SimulatedClient(profile, seed, ppm);
  const clock = clockOf(client);
  clock.start();
  await client.timeline.runUntil(untilMs);
  return { client, clock };
}

describe("the server's clock", () => {
  it("knows nothing before it started", () => {
    const clock = clockOf(new SimulatedClient(QUIET, 1));
    expect(clock.synced).toBe(false);
    expect(clock.uncertainty).toBe(Infinity);
  });

  it("sends 24 probes at first and then 6 every 10 s", async () => {
    const { client } = await run(QUIET, 2, 5000);
    expect(client.probes).toBe(24);
    await client.timeline.runUntil(35_000);
    expect(client.probes).toBe(24 + 3 * 6);
  });

  it("is right to a few milliseconds after three seconds", async () => {
    const { client, clock } = await run(WAN, 3, 3000);
    expect(clock.synced).toBe(true);
    expect(errorOf(clock, client)).toBeLessThan(4);
    expect(clock.roundTrip).toBeGreaterThan(40);
    expect(clock.jitter).toBeGreaterThan(0);
  });

  it.each([50, -50])("finds that this machine drifts by %i ppm", async (ppm) => {
    const { clock } = await run(QUIET, 4, 600_000, ppm);
    expect(Math.abs(clock.drift + ppm)).toBeLessThan(3);
  });

  it.each([WAN, MOBILE])("is honest about its uncertainty ($name)", async (profile) => {
    const scores: number[] = [];
    for (let seed = 0; seed < 60; seed += 1) {
      const { client, clock } = await run(profile, 1000 + seed, seed % 2 ? 3000 : 120_000);
      scores.push(errorOf(clock, client) / clock.uncertainty);
    }
    expect(scores.filter((score) => score < 3).length).toBeGreaterThanOrEqual(56);
    expect(scores.filter((score) => score > 0.1).length).toBeGreaterThan(30);
  });

  it("converts there and back", async () => {
    const { clock } = await run(WAN, 5, 60_000);
    expect(clock.toLocal(clock.toServer(123_456))).toBeCloseTo(123_456, 2);
  });

  it("skips probes that are lost, fail or come too late", async () => {
    const client = new SimulatedClient(WAN, 6);
    client.probeLoss = 0.5;
    let count = 0;
    const probe = (clientTime: number) =>
      (count += 1) % 5 === 0 ? Promise.reject(new Error("gone")) : client.probe(clientTime);
    const clock = new ServerClock({ probe, now: client.now, timers: client.timers });
    clock.start();
    await client.timeline.runUntil(60_000);
    expect(clock.synced).toBe(true);
    expect(errorOf(clock, client)).toBeLessThan(4);
  });

  it("goes on trying when nothing answers, and recovers", async () => {
    const client = new SimulatedClient(QUIET, 7);
    client.probeLoss = 1;
    const clock = clockOf(client);
    clock.start();
    await client.timeline.runUntil(15_000);
    expect(clock.synced).toBe(false);
    client.probeLoss = 0;
    await client.timeline.runUntil(25_000);
    expect(errorOf(clock, client)).toBeLessThan(4);
  });

  it("forgets everything when the server's clock is another one", async () => {
    const { client, clock } = await run(QUIET, 8, 60_000);
    client.restartServer(-3_600_000);
    await client.timeline.runUntil(64_000);
    expect(clock.epoch).toBe("one+");
    expect(errorOf(clock, client)).toBeLessThan(4);
    expect(client.probes).toBeGreaterThanOrEqual(24 + 24 + 5 * 6);
  });

  it("forgets everything for another epoch though the time hardly differs", async () => {
    const { client, clock } = await run(QUIET, 14, 60_000);
    client.restartServer(14);
    await client.timeline.runUntil(64_000);
    expect(errorOf(clock, client)).toBeLessThan(4);
  });

  it("bursts anew after a sleep", async () => {
    const { client, clock } = await run(QUIET, 9, 55_000);
    const before = client.probes;
    client.sleep(600_000, false);
    await client.timeline.runUntil(client.timeline.now + 4000);
    expect(client.probes - before).toBeGreaterThanOrEqual(24);
    expect(errorOf(clock, client)).toBeLessThan(4);
  });

  it("notices a sleep in which the local clock stood still", async () => {
    const { client, clock } = await run(QUIET, 10, 55_000);
    client.sleep(600_000, true);
    expect(errorOf(clock, client)).toBeGreaterThan(500_000);
    await client.timeline.runUntil(client.timeline.now + 20_000);
    expect(errorOf(clock, client)).toBeLessThan(4);
  });

  it("keeps what it knows over a reconnection", async () => {
    const { client, clock } = await run(QUIET, 11, 300_000, 40);
    clock.start();
    await client.timeline.runUntil(304_000);
    expect(Math.abs(clock.drift + 40)).toBeLessThan(4);
  });

  it("ends every timer when it stops", async () => {
    const { client, clock } = await run(QUIET, 12, 20_050);
    clock.stop();
    const probes = client.probes;
    await client.timeline.runUntil(100_000);
    expect(client.probes).toBe(probes);
    expect(client.timeline.pending).toBe(0);
  });

  it("tells listeners of a new estimate until they have enough", async () => {
    const client = new SimulatedClient(QUIET, 13);
    const clock = clockOf(client);
    let told = 0;
    const stop = clock.onChange(() => (told += 1));
    clock.start();
    await client.timeline.runUntil(5000);
    expect(told).toBeGreaterThan(0);
    stop();
    const before = told;
    await client.timeline.runUntil(25_000);
    expect(told).toBe(before);
  });
});
