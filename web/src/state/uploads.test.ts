import { describe, expect, it } from "vitest";
import { Failure } from "../api/failure";
import type { Track } from "../api/types";
import { settled } from "../testing/FakeSocket";
import { type Sending, Uploads } from "./uploads";

const file = (name: string): File => new File(["sound"], name);
const track = (name: string): Track => ({ id: name, name }) as Track;

/** What becomes of a file whose track comes like that. */
function sending(coming: Promise<Track>, sent: Promise<void> = coming.then(nothing, nothing)): Sending {
  return { sent, track: coming };
}

function nothing(): void {}

describe("uploads", () => {
  it("go one after the other and show how far they are", async () => {
    const arrived: string[] = [];
    const finish: (() => void)[] = [];
    const uploads = new Uploads(
      (sent, { progressed }) => {
        progressed(0.5);
        return sending(new Promise((resolve) => finish.push(() => resolve(track(sent.name)))));
      },
      ({ name }) => arrived.push(name),
    );
    uploads.add([file("one"), file("two")]);
    await settled();
    expect(uploads.list.value.map(({ part }) => part)).toEqual([0.5, 0]);
    finish[0]!();
    await settled();
    expect(arrived).toEqual(["one"]);
    finish[1]!();
    await settled();
    expect(arrived).toEqual(["one", "two"]);
    expect(uploads.list.value).toEqual([]);
  });

  it("do not wait until the server has read the one before", async () => {
    const sent: string[] = [];
    const uploads = new Uploads((one) => {
      sent.push(one.name);
      return sending(new Promise(() => undefined), Promise.resolve());
    }, nothing);
    uploads.add([file("one"), file("two")]);
    await settled();
    expect(sent).toEqual(["one", "two"]);
  });

  it("that fail say why, and the next one goes on", async () => {
    const arrived: string[] = [];
    const refused = new Failure("unsupported_media_type", "This is no audio.");
    const uploads = new Uploads(
      ({ name }) => sending(name === "text" ? Promise.reject(refused) : Promise.resolve(track(name))),
      ({ name }) => arrived.push(name),
    );
    uploads.add([file("text"), file("song")]);
    await settled();
    expect(arrived).toEqual(["song"]);
    expect(uploads.list.value).toMatchObject([{ name: "text", problem: "This is no audio." }]);
    uploads.dismiss(uploads.list.value[0]!.id);
    expect(uploads.list.value).toEqual([]);
  });

  it("that are cancelled before their turn are not sent", async () => {
    const sent: string[] = [];
    const uploads = new Uploads((one) => {
      sent.push(one.name);
      return sending(new Promise(() => undefined));
    }, nothing);
    uploads.add([file("one"), file("two")]);
    uploads.dismiss(2);
    await settled();
    expect(sent).toEqual(["one"]);
  });

  it("say when nothing gets through, until something does", async () => {
    let stall = nothing;
    let go = nothing;
    const uploads = new Uploads((_, { progressed, stalled }) => {
      stall = stalled;
      go = () => progressed(0.7);
      return sending(new Promise(() => undefined));
    }, nothing);
    uploads.add([file("one")]);
    await settled();
    stall();
    expect(uploads.list.value[0]?.isStalled).toBe(true);
    go();
    expect(uploads.list.value[0]).toMatchObject({ isStalled: false, part: 0.7 });
  });

  it("know the room for which they were sent, and stop when their owner goes", async () => {
    const arrived: [string, string | null][] = [];
    let abort: AbortSignal | undefined;
    const uploads = new Uploads(
      ({ name }, _, signal) => {
        abort = signal;
        return sending(name === "song" ? Promise.resolve(track(name)) : new Promise(() => undefined));
      },
      ({ name }, roomId) => arrived.push([name, roomId]),
    );
    uploads.add([file("song")], "a room");
    await settled();
    expect(arrived).toEqual([["song", "a room"]]);
    expect(abort?.aborted).toBe(false);
    uploads.add([file("long")]);
    await settled();
    uploads.clear();
    expect(abort?.aborted).toBe(true);
    expect(uploads.list.value).toEqual([]);
  });
});
