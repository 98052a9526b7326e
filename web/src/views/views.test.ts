import { describe, expect, it } from "vitest";
import { clockTime, counted, deviceName, listed, plainMs, signedMs, spokenTime } from "./format";
import { resampled } from "./waveform";

describe("numbers as people read them", () => {
  it("are times of a track", () => {
    expect([0, 7.9, 187, 3729].map(clockTime)).toEqual(["0:00", "0:07", "3:07", "1:02:09"]);
    expect([0, 61, 120].map(spokenTime)).toEqual(["0 seconds", "1 minute 1 second", "2 minutes"]);
  });

  it("are milliseconds, with a sign where it matters", () => {
    expect([3.24, -0.62, 0.01, -0.01].map(signedMs)).toEqual(["+3.2 ms", "-0.6 ms", "0.0 ms", "0.0 ms"]);
    expect([0.4, 123.4, Infinity].map(plainMs)).toEqual(["0.4 ms", "123 ms", "–"]);
  });

  it("are counts and lists", () => {
    expect([counted(1, "track"), counted(2, "track")]).toEqual(["1 track", "2 tracks"]);
    expect(listed(["Ada"])).toBe("Ada");
    expect(listed(["Ada", "Grace"])).toBe("Ada and Grace");
    expect(listed(["Ada", "Grace", "Eve", "Bob"])).toBe("Ada, Grace and 2 others");
  });
});

describe("a device", () => {
  it("is named by what its browser says", () => {
    const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
    const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148 Safari/604.1";
    expect([chrome, `${chrome} Edg/131.0`, phone].map(deviceName)).toEqual(["Chrome on Linux", "Edge on Linux", "Safari on iOS"]);
    expect(["python-socketio", ""].map(deviceName)).toEqual(["python-socketio", "An unknown device"]);
  });
});

describe("a waveform", () => {
  it("keeps its loudest moments, however few bars there are", () => {
    const peaks = Array.from({ length: 400 }, (_, index) => (index === 123 ? 1 : 0.1));
    for (const count of [1, 7, 100, 399]) {
      const bars = resampled(peaks, count);
      expect(bars).toHaveLength(count);
      expect(Math.max(...bars)).toBe(1);
    }
  });

  it("is stretched where there are more bars than peaks, and flat where there is none", () => {
    expect(resampled([0.2, 0.8], 4)).toEqual([0.2, 0.2, 0.8, 0.8]);
    expect(resampled([], 2)).toEqual([0, 0]);
  });
});
