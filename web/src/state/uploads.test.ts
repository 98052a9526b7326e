import { describe, expect, it } from "vitest";
import { Failure } from "../api/failure";
import type { Track } from "../api/types";
import { settled } from "../testing/FakeSocket";
import { Uploads } from "./uploads";

const file = (name: string): File => new File(["sound"], name);
const track = (name: string): Track => ({ id: name, name }) as Track;

describe("uploads", () => {
  it("go one after the other and show how far they are", async () => {
    const arrived: string[] = [];
    const finish: (() => void)[] = [];
    const send = (sent: File, progressed: (part: number) => void): Promise<Track> => {
      progressed(0.5);
      return new Promise((resolve) => finish.push(() => resolve(track(sent.name))));
    };
    const uploads = new Uploads(send, ({ name }) => arrived.push(name));
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

  it("that fail say why, and the next one goes on", async () => {
    const send = async (sent: File): Promise<Track> => {
      if (sent.name === "text") throw new Failure("unsupported_media_type", "This is no audio.");
      return track(sent.name);
    };
    const arrived: string[] = [];
    const uploads = new Uploads(send, ({ name }) => arrived.push(name));
    uploads.add([file("text"), file("song")]);
    await settled();
    expect(arrived).toEqual(["song"]);
    expect(uploads.list.value).toMatchObject([{ name: "text", problem: "This is no audio." }]);
    uploads.dismiss(uploads.list.value[0]!.id);
    expect(uploads.list.value).toEqual([]);
  });

  it("that are cancelled before their turn are not sent", async () => {
    const sent: string[] = [];
    const send = (one: File): Promise<Track> => {
      sent.push(one.name);
      return new Promise(() => undefined);
    };
    const uploads = new Uploads(send, () => undefined);
    uploads.add([file("one"), file("two")]);
    uploads.dismiss(2);
    await settled();
    expect(sent).toEqual(["one"]);
  });
});
