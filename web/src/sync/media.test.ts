import { beforeEach, describe, expect, it } from "vitest";
import { positionAt } from "./schedule";
import { SERVER_ORIGIN } from "./simulation/client";
import { Listener, PLAYING, TRACK, WAITING } from "./simulation/listener";

let listener: Listener;
beforeEach(async () => {
  listener = new Listener(31);
  await listener.player.unlock();
});

describe("a player of streams", () => {
  it("streams a track of hours, and another speed, through a media element", async () => {
    const hours = { ...PLAYING, track: { ...TRACK, duration: 7200 } };
    listener.player.apply(hours);
    await listener.until(60_000);
    const element = listener.host.elements[0]!;
    const heard = element.currentTime - 0.04;
    expect(Math.abs(heard - positionAt(hours, listener.client.trueServerTime()))).toBeLessThan(0.03);
    expect(listener.host.context.decodes).toBe(0);
  });

  it("loads a stream anew that broke off, and finds its place again", async () => {
    const hours = { ...PLAYING, track: { ...TRACK, duration: 7200 } };
    listener.player.apply(hours);
    await listener.until(20_000);
    listener.host.elements[0]!.error = new Error("the network went away");
    await listener.until(50_000);
    expect(listener.host.elements).toHaveLength(2);
    expect(listener.host.elements[0]!.paused).toBe(true);
    const heard = listener.host.elements[1]!.currentTime - 0.04;
    expect(Math.abs(heard - positionAt(hours, listener.client.trueServerTime()))).toBeLessThan(0.03);
  });

  it("loads a stream once though the room changes meanwhile", async () => {
    const hours = { ...TRACK, duration: 7200 };
    listener.player.apply({ ...WAITING, track: hours });
    listener.player.apply({ ...PLAYING, track: hours });
    await listener.until(3000);
    expect(listener.host.elements).toHaveLength(1);
  });

  it("streams a track at another speed, which keeps its pitch, and goes back to the buffer", async () => {
    await listener.until(6000);
    listener.player.apply({ ...PLAYING, rate: 1.5 });
    await listener.until(30_000);
    const element = listener.host.elements[0]!;
    expect(element.preservesPitch).toBe(true);
    expect(element.playbackRate).toBeCloseTo(1.5, 1);
    const back = { ...PLAYING, version: 5, position: 50, anchorAt: SERVER_ORIGIN + 30_500 };
    listener.player.apply(back);
    await listener.until(32_000);
    expect(element.paused).toBe(true);
    expect(Math.abs(listener.off(back))).toBeLessThan(6);
  });
});
