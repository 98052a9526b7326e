import { describe, expect, it } from "vitest";
import { message } from "../testing/objects";
import { Timeline } from "./timeline";

const shown = (timeline: Timeline): string[] => timeline.messages.value.map(({ content }) => content);

describe("the messages of a channel", () => {
  it("stand in the order of their making, however they come", () => {
    const timeline = new Timeline();
    timeline.replace([message(1)]);
    timeline.take("message", message(3));
    timeline.take("message", message(2));
    expect(shown(timeline)).toEqual(["message 1", "message 2", "message 3"]);
  });

  it("tell of a gap, but show what came", () => {
    const timeline = new Timeline();
    timeline.replace([message(1)]);
    expect(timeline.take("message", message(3))).toBe(false);
    expect(timeline.seen).toBe(1);
    expect(shown(timeline)).toContain("message 3");
  });

  it("are complete after the missed events have come", () => {
    const timeline = new Timeline();
    timeline.replace([message(1)]);
    timeline.take("message", message(4));
    timeline.catchUp([2, 3, 4].map((seq) => ({ event: "message", data: message(seq) })));
    expect(timeline.seen).toBe(4);
    expect(shown(timeline)).toHaveLength(4);
    expect(timeline.take("message", message(5))).toBe(true);
  });

  it("appear once, also when they come twice", () => {
    const timeline = new Timeline();
    timeline.take("message", message(1));
    expect(timeline.take("message", message(1))).toBe(true);
    expect(shown(timeline)).toHaveLength(1);
  });

  it("take over a change, and no older state after it", () => {
    const timeline = new Timeline();
    timeline.replace([message(1)]);
    timeline.take("message:updated", message(2, { id: "m0001", content: "changed" }));
    timeline.take("message", message(1));
    expect(shown(timeline)).toEqual(["changed"]);
  });

  it("go when they are deleted", () => {
    const timeline = new Timeline();
    timeline.replace([message(1), message(2)]);
    timeline.take("message:deleted", { messageId: "m0001", seq: 3 });
    expect(shown(timeline)).toEqual(["message 2"]);
    expect(timeline.seen).toBe(3);
  });

  it("get older ones before them", () => {
    const timeline = new Timeline();
    timeline.replace([message(9)]);
    timeline.addOlder([message(7), message(8)]);
    expect(shown(timeline)).toEqual(["message 7", "message 8", "message 9"]);
    expect(timeline.seen).toBe(9);
  });
});
