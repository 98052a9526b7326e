/** A list that is searched and read page by page. */

import { signal } from "@preact/signals";
import type { Meta } from "../api/types";

export interface Page<Item> {
  readonly data: readonly Item[];
  readonly meta: Meta;
}

export type Read<Item> = (asked: { query?: string; cursor?: string }) => Promise<Page<Item>>;

export class Listing<Item extends { readonly id: string }> {
  readonly items = signal<readonly Item[]>([]);
  readonly isLoading = signal(false);
  /** Whether the first answer has come. */
  readonly isKnown = signal(false);
  readonly cursor = signal<string | null>(null);
  private query = "";
  private asked = 0;
  private pages = 0;

  constructor(private readonly read: Read<Item>) {}

  /** Show what matches `query`; of several searches the last one counts. */
  async search(query: string = this.query): Promise<void> {
    this.query = query.trim();
    await this.take(null, (page) => page);
  }

  /** Read again what is shown, unless more than one page is. */
  async refresh(): Promise<void> {
    if (this.pages <= 1 && !this.isLoading.peek()) await this.search();
  }

  async more(): Promise<void> {
    const cursor = this.cursor.peek();
    if (cursor !== null) await this.take(cursor, (page) => [...this.items.peek(), ...page]);
  }

  /** Put something new, or newer, where it is seen first. */
  prepend(item: Item): void {
    this.items.value = [item, ...this.items.peek().filter((one) => one.id !== item.id)];
  }

  private async take(
    cursor: string | null,
    merged: (page: readonly Item[]) => readonly Item[],
  ): Promise<void> {
    const number = (this.asked += 1);
    this.isLoading.value = true;
    try {
      const query = this.query === "" ? {} : { query: this.query };
      const { data, meta } = await this.read(cursor === null ? query : { ...query, cursor });
      if (number !== this.asked) return;
      this.items.value = merged(data);
      this.pages = cursor === null ? 1 : this.pages + 1;
      this.cursor.value = meta.nextCursor ?? null;
      this.isKnown.value = true;
    } finally {
      if (number === this.asked) this.isLoading.value = false;
    }
  }
}
