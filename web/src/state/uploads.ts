/** Recordings on their way to the server. */

import { signal } from "@preact/signals";
import { sentenceOf } from "../api/failure";
import type { Track } from "../api/types";

export interface Upload {
  readonly id: number;
  readonly name: string;
  /** What has been sent, 0 to 1; at 1 the server is reading it. */
  readonly part: number;
  readonly problem: string | null;
}

export type SendFile = (
  file: File,
  progressed: (part: number) => void,
  signal: AbortSignal,
) => Promise<Track>;

export class Uploads {
  readonly list = signal<readonly Upload[]>([]);
  private readonly aborts = new Map<number, AbortController>();
  private lastId = 0;
  private turn: Promise<void> = Promise.resolve();

  /** `arrived` gets each track. */
  constructor(
    private readonly send: SendFile,
    private readonly arrived: (track: Track) => void,
  ) {}

  /** Send `files`, one after the other. */
  add(files: Iterable<File>): void {
    for (const file of files) {
      const id = (this.lastId += 1);
      this.aborts.set(id, new AbortController());
      this.list.value = [...this.list.peek(), { id, name: file.name, part: 0, problem: null }];
      this.turn = this.turn.then(() => this.run(id, file));
    }
  }

  /** Stop one, or take a failed one off the list. */
  dismiss(id: number): void {
    this.aborts.get(id)?.abort();
    this.aborts.delete(id);
    this.list.value = this.list.peek().filter((upload) => upload.id !== id);
  }

  private async run(id: number, file: File): Promise<void> {
    const abort = this.aborts.get(id);
    if (abort === undefined) return;
    try {
      const track = await this.send(file, (part) => this.change(id, { part }), abort.signal);
      this.dismiss(id);
      this.arrived(track);
    } catch (error) {
      this.change(id, { problem: sentenceOf(error) });
    }
  }

  private change(id: number, change: Partial<Upload>): void {
    this.list.value = this.list
      .peek()
      .map((upload) => (upload.id === id ? { ...upload, ...change } : upload));
  }
}
