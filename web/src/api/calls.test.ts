import { describe, expect, it, vi } from "vitest";
import { FakeSocket, refusal, settled } from "../testing/FakeSocket";
import { Calls } from "./calls";
import { Failure } from "./failure";

function open(...answers: unknown[]) {
  const socket = new FakeSocket();
  socket.connected = true;
  const pauses: number[] = [];
  const calls = new Calls(socket.asSocket, async (ms) => void pauses.push(ms));
  socket.answer("typing", () => answers.shift());
  return { socket, calls, pauses };
}

const typing = (calls: Calls): Promise<unknown> => calls.call("typing", { channelId: "c" });

describe("a call", () => {
  it("gives the data of the answer", async () => {
    const { calls } = open({ done: true });
    expect(await typing(calls)).toEqual({ done: true });
  });

  it("fails with the server's sentence, and what is wrong with which key", async () => {
    const details = [{ path: ["channelId"], code: "invalid", message: "This must be an id." }];
    const { calls } = open(refusal("validation_failed", { details }));
    const failure = await typing(calls).catch((error: Failure) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect((failure as Failure).message).toBe("No: validation_failed.");
    expect((failure as Failure).of("channelId")).toBe("This must be an id.");
  });

  it("waits as a rate limit says, and asks again", async () => {
    const { calls, pauses } = open(refusal("rate_limited", { retryAfter: 2 }), { done: true });
    expect(await typing(calls)).toEqual({ done: true });
    expect(pauses).toEqual([2_000]);
  });

  it("does not make anybody wait long without a word", async () => {
    const { calls } = open(refusal("rate_limited", { retryAfter: 60 }));
    await expect(typing(calls)).rejects.toThrow("rate_limited");
  });

  it("asks again while the server is unavailable, but not for ever", async () => {
    const { calls, pauses } = open(...Array(9).fill(refusal("unavailable")));
    await expect(typing(calls)).rejects.toThrow("unavailable");
    expect(pauses).toHaveLength(2);
  });

  it("waits for a connection that is being made", async () => {
    const { calls, socket } = open({ done: true });
    socket.connected = false;
    const answer = typing(calls);
    await settled();
    expect(socket.sent).toEqual([]);
    socket.greet();
    expect(await answer).toEqual({ done: true });
  });

  it("does not wait for it long", async () => {
    vi.useFakeTimers();
    const { calls, socket } = open({ done: true });
    socket.connected = false;
    const answer = expect(typing(calls)).rejects.toMatchObject({ code: "offline" });
    await vi.advanceTimersByTimeAsync(5_000);
    await answer;
    vi.useRealTimers();
    expect(socket.sent).toEqual([]);
  });

  it("fails at once where nobody tries to connect, and sends nothing later", async () => {
    const { calls, socket } = open({ done: true });
    socket.connected = false;
    socket.active = false;
    await expect(typing(calls)).rejects.toMatchObject({ code: "offline" });
    expect(socket.sent).toEqual([]);
  });

  it("says so when no answer comes", async () => {
    const { calls, socket } = open();
    await expect(calls.call("channel:sync", { channelId: "c", since: 0 })).rejects.toMatchObject({ code: "timeout" });
    expect(socket.sent).toHaveLength(1);
  });
});
