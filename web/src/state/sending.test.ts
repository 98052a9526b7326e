import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../api/failure";
import { isPassing, NotResumable } from "../api/resumable";
import type { Track, UploadState } from "../api/types";
import { settled } from "../testing/FakeSocket";
import { Processing } from "./processing";
import { sendBy } from "./sending";

const song = new File(["sound"], "song");
const track = { id: "t", name: "song" } as Track;
const reading: UploadState = { id: "u", state: "processing", track: null, error: null };

let state: UploadState | Failure;
let asked: string[];
let processing: Processing;
const progress = { progressed: () => undefined, stalled: () => undefined };

beforeEach(() => {
  vi.useFakeTimers();
  state = reading;
  asked = [];
  processing = new Processing(async (id) => {
    asked.push(id);
    if (state instanceof Failure) throw state;
    return state;
  });
});
afterEach(() => void vi.useRealTimers());

describe("a recording that the server reads", () => {
  const begin = (signal = new AbortController().signal): Promise<Track> => processing.track("u", signal);

  it("is a track when the server says so", async () => {
    const coming = begin();
    processing.finished({ uploadId: "another", track: { id: "x" } as Track });
    processing.finished({ uploadId: "u", track });
    expect(await coming).toBe(track);
  });

  it("fails with the server's sentence", async () => {
    const coming = begin();
    processing.failed({ uploadId: "u", code: "unsupported_media_type", error: "This is no audio." });
    await expect(coming).rejects.toMatchObject({ code: "unsupported_media_type", message: "This is no audio." });
  });

  it("is found also where the server said it before anybody listened", async () => {
    state = { ...reading, state: "done", track };
    expect(await begin()).toBe(track);
  });

  it("is asked for again after a lost connection, and from time to time", async () => {
    const coming = begin();
    await settled();
    processing.recheck();
    await settled();
    expect(asked).toHaveLength(2);
    state = { ...reading, state: "failed", error: { code: "unsupported_media_type", message: "It is broken." } };
    const refused = expect(coming).rejects.toThrow("It is broken.");
    await vi.advanceTimersByTimeAsync(6_000);
    await refused;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(3);
  });

  it("waits while the server cannot be reached, and not where it knows nothing of it", async () => {
    state = new Failure("offline", "No server.");
    const coming = begin();
    await settled();
    state = new Failure("not_found", "Nothing there.");
    processing.recheck();
    await expect(coming).rejects.toThrow("Nothing there.");
  });

  it("is no longer waited for when it is cancelled", async () => {
    const abort = new AbortController();
    const coming = begin(abort.signal);
    abort.abort();
    await expect(coming).rejects.toMatchObject({ code: "cancelled" });
    processing.finished({ uploadId: "u", track });
  });
});

describe("sending a recording", () => {
  it("is resumable, and whole before it is a track", async () => {
    const send = sendBy({ resumably: async () => "u", atOnce: () => Promise.reject(new Error()), processing });
    const { sent, track: coming } = send(song, progress, new AbortController().signal);
    await sent;
    processing.finished({ uploadId: "u", track });
    expect(await coming).toBe(track);
  });

  it("goes at one go where the server knows no better, and then does not ask again", async () => {
    let tries = 0;
    const resumably = async (): Promise<string> => {
      tries += 1;
      throw new NotResumable();
    };
    const send = sendBy({ resumably, atOnce: async () => track, processing });
    for (let round = 0; round < 2; round += 1)
      expect(await send(song, progress, new AbortController().signal).track).toBe(track);
    expect(tries).toBe(1);
  });

  it("that fails lets the next one begin", async () => {
    const refused = new Failure("payload_too_large", "Too big.");
    const send = sendBy({ resumably: () => Promise.reject(refused), atOnce: async () => track, processing });
    const { sent, track: coming } = send(song, progress, new AbortController().signal);
    await expect(coming).rejects.toBe(refused);
    await expect(sent).resolves.toBeUndefined();
  });
});

describe("a refused request", () => {
  it("is made again where that may help", () => {
    for (const status of [0, 401, 423, 429, 500, 503]) expect(isPassing("PATCH", status)).toBe(true);
    for (const status of [400, 403, 404, 410, 413, 415]) expect(isPassing("PATCH", status)).toBe(false);
    expect([isPassing("PATCH", 409), isPassing("POST", 409)]).toEqual([true, false]);
  });
});
