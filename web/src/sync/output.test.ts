import { describe, expect, it } from "vitest";
import { OutputClock } from "./output";
import { FakeContext } from "./simulation/audio";
import { SimulatedClient } from "./simulation/client";
import { WAN } from "./simulation/profiles";

async function playing(latency: number, ppm = 0) {
  const client = new SimulatedClient(WAN, 21, 0);
  const context = new FakeContext(client, ppm, latency);
  const output = new OutputClock(context as unknown as AudioContext, client.now);
  await context.resume();
  return { client, context, output };
}

async function observeFor(durationMs: number, { client, output }: Awaited<ReturnType<typeof playing>>) {
  for (let passed = 0; passed < durationMs; passed += 500) {
    await client.timeline.runUntil(client.timeline.now + 500);
    output.observe();
  }
}

describe("the output's clock", () => {
  it("says which context time is in the air", async () => {
    const set = await playing(0.08);
    await observeFor(5000, set);
    const heard = set.output.contextTimeAt(set.client.now());
    expect(heard).toBeCloseTo(5 - 0.08, 2);
    expect(set.output.latencyMs).toBeGreaterThan(74);
    expect(set.output.latencyMs).toBeLessThan(86);
  });

  it("follows a device that runs fast", async () => {
    const set = await playing(0.04, 100);
    await observeFor(600_000, set);
    const heard = set.output.contextTimeAt(set.client.now());
    expect(Math.abs(heard - (600 * 1.0001 - 0.04))).toBeLessThan(0.003);
  });

  it("follows a device that lost sound", async () => {
    const set = await playing(0.04);
    await observeFor(5000, set);
    set.context.underrun(300);
    await observeFor(1500, set);
    expect(set.output.contextTimeAt(set.client.now())).toBeCloseTo(6.5 - 0.3 - 0.04, 2);
  });

  it("falls back on the reported latency where there are no timestamps", async () => {
    const set = await playing(0.1);
    set.context.getOutputTimestamp = () => ({ contextTime: 0, performanceTime: 0 });
    await observeFor(5000, set);
    expect(set.output.contextTimeAt(set.client.now())).toBeCloseTo(4.9, 2);
  });
});
