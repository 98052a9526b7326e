import { beforeEach, describe, expect, it } from "vitest";
import { positionAt } from "./schedule";
import { SERVER_ORIGIN } from "./simulation/client";
import { Listener, PLAYING, TRACK, WAITING } from "./simulation/listener";

let listener: Listener;
beforeEach(async () => {
  listener = new Listener(31);
  await listener.player.unlock();
});

describe("a player", () => {
  it("says ready when the track of a waiting room is loaded, and makes no sound", async () => {
    listener.player.apply(WAITING);
    expect(listener.player.state).toBe("loading");
    await listener.until(150);
    expect(listener.ready).toEqual([]);
    await listener.until(300);
    expect(listener.ready).toEqual([1]);
    expect(listener.player.state).toBe("ready");
    expect(listener.host.context.heard()).toBeNull();
  });

  it("starts exactly at an anchor in the future, by what is heard", async () => {
    listener.player.apply(WAITING);
    await listener.until(4000);
    listener.player.apply(PLAYING);
    await listener.until(4990);
    expect(listener.host.context.heard()).toBeNull();
    await listener.until(5100);
    expect(Math.abs(listener.off(PLAYING))).toBeLessThan(6);
  });

  it("starts where the room is when it comes late", async () => {
    await listener.until(30_000);
    listener.player.apply(PLAYING);
    await listener.until(30_500);
    expect(Math.abs(listener.off(PLAYING))).toBeLessThan(6);
  });

  it("waits for a clock before it starts", async () => {
    listener.player.apply({ ...PLAYING, anchorAt: SERVER_ORIGIN - 60_000 });
    await listener.until(250);
    expect(listener.host.context.heard()).toBeNull();
    await listener.until(3000);
    expect(listener.host.context.heard()).toBeGreaterThan(62);
  });

  it("ignores a version older than the one it has", async () => {
    await listener.until(6000);
    listener.player.apply(PLAYING);
    listener.player.apply({ ...WAITING, status: "paused" });
    await listener.until(7000);
    expect(listener.player.state).toBe("playing");
  });

  it("takes a lower version of another room", async () => {
    listener.player.apply(PLAYING);
    listener.player.apply({ ...WAITING, roomId: "other", version: 0 });
    await listener.until(1000);
    expect(listener.ready).toEqual([0]);
  });

  it("is silent after a pause and after leaving", async () => {
    await listener.until(6000);
    listener.player.apply(PLAYING);
    await listener.until(8000);
    listener.player.apply({ ...PLAYING, version: 3, status: "paused", position: 3 });
    await listener.until(8100);
    expect(listener.host.context.heard()).toBeNull();
    expect(listener.player.state).toBe("paused");
    listener.player.leave();
    expect(listener.player.state).toBe("idle");
  });

  it("plays on until the moment of a seek and then from there", async () => {
    await listener.until(6000);
    listener.player.apply(PLAYING);
    await listener.until(8000);
    const sought = { ...PLAYING, version: 3, position: 100, anchorAt: SERVER_ORIGIN + 8500 };
    listener.player.apply(sought);
    await listener.until(8400);
    expect(Math.abs(listener.off(PLAYING))).toBeLessThan(6);
    await listener.until(8600);
    expect(Math.abs(listener.off(sought))).toBeLessThan(6);
  });

  it("does not restart for a new version that changes nothing to hear", async () => {
    await listener.until(6000);
    listener.player.apply(PLAYING);
    await listener.until(8000);
    listener.player.apply({ ...PLAYING, version: 3 });
    await listener.until(9000);
    expect(listener.host.context.sources).toHaveLength(1);
  });

  it("stays with the room for ten minutes on an audio clock that drifts", async () => {
    const drifting = new Listener(32, { ppm: 50, audioPpm: -80 });
    await drifting.player.unlock();
    const long = { ...PLAYING, track: { ...TRACK, duration: 1000 } };
    drifting.player.apply(long);
    for (let second = 10; second <= 600; second += 10) {
      await drifting.until(second * 1000);
      expect(Math.abs(drifting.off(long))).toBeLessThan(12);
    }
    expect(drifting.host.context.sources).toHaveLength(1);
  });

  it("wins back a small loss by rate and a great one by a jump", async () => {
    await listener.until(6000);
    listener.player.apply(PLAYING);
    await listener.until(10_000);
    listener.host.context.underrun(60);
    await listener.until(40_000);
    expect(Math.abs(listener.off(PLAYING))).toBeLessThan(8);
    expect(listener.host.context.sources).toHaveLength(1);
    listener.host.context.underrun(700);
    await listener.until(44_000);
    expect(Math.abs(listener.off(PLAYING))).toBeLessThan(8);
    expect(listener.host.context.sources).toHaveLength(2);
  });

  it("hears the same as another listener on another device", async () => {
    const far = new Listener(33, { ppm: -50, audioPpm: 60, latency: 0.18 });
    await far.player.unlock();
    for (const one of [listener, far]) one.player.apply(PLAYING);
    for (let second = 6; second < 60; second += 3) {
      const [here, there] = await Promise.all([listener.until(second * 1000), far.until(second * 1000)]);
      expect(Math.abs(here.off(PLAYING) - there.off(PLAYING))).toBeLessThan(15);
    }
  });

  it("waits for a click where the browser wants one, and then joins in", async () => {
    const shy = new Listener(34);
    shy.host.context.refuses = true;
    shy.player.apply(PLAYING);
    await shy.until(7000);
    expect(shy.player.state).toBe("locked");
    shy.host.context.refuses = false;
    await shy.player.unlock();
    await shy.until(8000);
    expect(shy.player.state).toBe("playing");
    expect(Math.abs(shy.off(PLAYING))).toBeLessThan(6);
  });

  it("finds its place again after an interruption", async () => {
    await listener.until(6000);
    listener.player.apply(PLAYING);
    await listener.until(8000);
    listener.host.context.refuses = true;
    listener.host.context.interrupt();
    await listener.until(20_000);
    listener.host.context.refuses = false;
    await listener.player.unlock();
    await listener.until(22_000);
    expect(Math.abs(listener.off(PLAYING))).toBeLessThan(8);
  });

  it("reports what is audible, at the server's time", async () => {
    await listener.until(6000);
    listener.player.apply(PLAYING);
    await listener.until(20_000);
    expect(listener.reports.length).toBeGreaterThanOrEqual(2);
    const report = listener.reports[0]!;
    expect(report.version).toBe(2);
    expect(report.position).toBeCloseTo(positionAt(PLAYING, report.at), 1);
    expect(report.outputLatency).toBeGreaterThan(25);
    expect(report.rtt).toBeGreaterThan(30);
    expect(report.buffering).toBe(false);
  });

  it("follows the advice to seek, but not again and again", async () => {
    await listener.until(6000);
    listener.player.apply(PLAYING);
    await listener.until(8000);
    const advice = { drift: 500, action: "seek", rate: 1, position: 3 } as const;
    listener.player.advise(advice);
    listener.player.advise(advice);
    await listener.until(9000);
    expect(listener.host.context.sources).toHaveLength(2);
    expect(Math.abs(listener.off(PLAYING))).toBeLessThan(6);
  });

  it("tries again when a track does not load", async () => {
    listener.host.failures = 2;
    listener.player.apply(WAITING);
    await listener.until(500);
    expect(listener.player.state).toBe("failed");
    await listener.until(6000);
    expect(listener.errors).toHaveLength(2);
    expect(listener.ready).toEqual([1]);
  });

  it("does not fetch again what was loaded before its turn", async () => {
    const next = { id: "t2", url: "/media/t2.m4a", duration: 60 };
    listener.player.preload(next);
    await listener.until(1000);
    listener.player.apply({ ...WAITING, track: next });
    await listener.until(1001);
    expect(listener.ready).toEqual([1]);
    expect(listener.host.fetched).toEqual(["/media/t2.m4a"]);
  });

  it("is silent when the track is over", async () => {
    await listener.until(6000);
    listener.player.apply({ ...PLAYING, anchorAt: SERVER_ORIGIN - 400_000 });
    await listener.until(8000);
    expect(listener.host.context.heard()).toBeNull();
  });

  it("ends every timer when it is closed", async () => {
    await listener.until(6000);
    listener.player.apply(PLAYING);
    await listener.until(8000);
    await listener.player.close();
    listener.clock.stop();
    await listener.until(20_000);
    expect(listener.client.timeline.pending).toBe(0);
  });
});
