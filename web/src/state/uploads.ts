/** Recordings on their way to the server. */

import { signal } from "@preact/signals";
import { sentenceOf } from "../api/failure";
import type { Progress } from "../api/resumable";
import type { Track } from "../api/types";

export interface Upload {
  readonly id: number;
  readonly name: string;
  /** The room for whose queue it is meant. */
  readonly roomId: string | null;
  /** What has been sent, 0 to 1; at 1 the server is reading it. */
  readonly part: number;
  /** Nothing gets through at present. */
  readonly isStalled: boolean;
  readonly problem: string | null;
}

/** What becomes of a file: sent when all bytes are there, a track when the server has read them. */
export interface Sending {
  /** Is kept in any case, also where the upload fails. */
  readonly sent: Promise<void>;
  readonly track: Promise<Track>;
}

export type SendFile = (file: File, progress: Progress, signal: AbortSignal) => Sending;

export class Uploads {
  readonly list = signal<readonly Upload[]>([]);
  private readonly aborts = new Map<number, AbortController>();
  private lastId = 0;
  private turn: Promise<void> = Promise.resolve();

  /** `arrived` gets each track, and the room for which it was sent. */
  constructor(
    private readonly send: SendFile,
    private readonly arrived: (track: Track, roomId: string | null) => void,
  ) {}

  /** Send `files`, one after the other. */
  add(files: Iterable<File>, roomId: string | null = null): void {
    for (const file of files) {
      const id = (this.lastId += 1);
      this.aborts.set(id, new AbortController());
      const upload = { id, name: file.name, roomId, part: 0, isStalled: false, problem: null };
      this.list.value = [...this.list.peek(), upload];
      this.turn = this.turn.then(() => this.begin(id, file));
    }
  }

  /** Stop one, or take a failed one off the list. */
  dismiss(id: number): void {
    this.aborts.get(id)?.abort();
    this.drop(id);
  }

  /** Stop all: whose they are has gone. */
  clear(): void {
    for (const { id } of this.list.peek()) this.dismiss(id);
  }

  /** The next one's turn comes when all bytes are there. */
  private async begin(id: number, file: File): Promise<void> {
    const abort = this.aborts.get(id);
    if (abort === undefined) return;
    const progress = {
      progressed: (part: number) => this.change(id, { part, isStalled: false }),
      stalled: () => this.change(id, { isStalled: true }),
    };
    const { sent, track } = this.send(file, progress, abort.signal);
    void this.finish(id, track);
    await sent;
  }

  private async finish(id: number, coming: Promise<Track>): Promise<void> {
    try {
      const track = await coming;
      const roomId = this.list.peek().find((upload) => upload.id === id)?.roomId ?? null;
      this.drop(id);
      this.arrived(track, roomId);
    } catch (error) {
      this.change(id, { problem: sentenceOf(error), isStalled: false });
    }
  }

  private drop(id: number): void {
    this.aborts.delete(id);
    this.list.value = this.list.peek().filter((upload) => upload.id !== id);
  }

  private change(id: number, change: Partial<Upload>): void {
    this.list.value = this.list
      .peek()
      .map((upload) => (upload.id === id ? { ...upload, ...change } : upload));
  }
}
