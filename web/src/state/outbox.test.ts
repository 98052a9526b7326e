import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Failure } from "../api/failure";
import type { Message } from "../api/types";
import { message } from "../testing/objects";
import { Outbox } from "./outbox";

/** A server that can be away, and that remembers nonces. */
function server() {
  const stored: string[] = [];
  const nonces: string[] = [];
  let failure: Failure | null = null;
  const send = async (content: string, nonce: string): Promise<Message> => {
    nonces.push(nonce);
    if (failure !== null) throw failure;
    stored.push(content);
    return message(stored.length, { content, nonce });
  };
  const fail = (with_: Failure | null): void => {
    failure = with_;
  };
  return { stored, nonces, send, fail };
}

describe("messages on their way", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("are sent in order and handed over as the server stored them", async () => {
    const { send, stored } = server();
    const sent: string[] = [];
    const outbox = new Outbox(send, ({ content }) => sent.push(content));
    outbox.add("one");
    outbox.add("two");
    await vi.runAllTimersAsync();
    expect(stored).toEqual(["one", "two"]);
    expect(sent).toEqual(["one", "two"]);
    expect(outbox.drafts.value).toEqual([]);
  });

  it("wait for the connection and go out with the same nonce, before later ones", async () => {
    const { send, stored, nonces, fail } = server();
    const outbox = new Outbox(send, () => undefined);
    fail(new Failure("offline", "No connection."));
    outbox.add("one");
    outbox.add("two");
    await vi.advanceTimersByTimeAsync(0);
    expect(outbox.drafts.value[0]).toMatchObject({ content: "one", state: "waiting" });
    fail(null);
    await outbox.flush();
    expect(stored).toEqual(["one", "two"]);
    expect(nonces[0]).toBe(nonces[1]);
    expect(nonces[2]).not.toBe(nonces[0]);
  });

  it("are tried again by themselves when no answer came", async () => {
    const { send, stored, fail } = server();
    const outbox = new Outbox(send, () => undefined);
    fail(new Failure("timeout", "No answer."));
    outbox.add("one");
    await vi.advanceTimersByTimeAsync(0);
    fail(null);
    await vi.runAllTimersAsync();
    expect(stored).toEqual(["one"]);
  });

  it("wait as long as the rate limit says", async () => {
    const { send, nonces, fail } = server();
    const outbox = new Outbox(send, () => undefined);
    fail(new Failure("rate_limited", "Slower.", [], 10));
    outbox.add("one");
    await vi.advanceTimersByTimeAsync(9_000);
    expect(nonces).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(nonces).toHaveLength(2);
  });

  it("stay with their problem when the server refuses, and hold nobody up", async () => {
    const { send, stored, fail } = server();
    const outbox = new Outbox(send, () => undefined);
    fail(new Failure("validation_failed", "Too long."));
    outbox.add("bad");
    await vi.advanceTimersByTimeAsync(0);
    expect(outbox.drafts.value[0]).toMatchObject({ state: "failed", problem: "Too long." });
    fail(null);
    outbox.add("good");
    await vi.advanceTimersByTimeAsync(0);
    expect(stored).toEqual(["good"]);
    outbox.retry(outbox.drafts.value[0]!.nonce);
    await vi.advanceTimersByTimeAsync(0);
    expect(stored).toEqual(["good", "bad"]);
  });
});
