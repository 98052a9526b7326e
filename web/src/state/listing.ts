/** A list that is searched, filtered and read page by page. */

import { signal } from "@preact/signals";
import type { Meta } from "../api/types";

export interface Page<Item> {
  readonly data: readonly Item[];
  readonly meta: Meta;
}

/** What is asked for: the words of the search, the filter and where to go on. */
export type Asked<Filter extends object> = { query?: string; cursor?: string } & Partial<Filter>;

export type Read<Item, Filter extends object = object> = (asked: Asked<Filter>) => Promise<Page<Item>>;

export class Listing<Item extends { readonly id: string }, Filter extends object = object> {
  readonly items = signal<readonly Item[]>([]);
  readonly isLoading = signal(false);
  /** Whether the first answer has come. */
  readonly isKnown = signal(false);
  readonly cursor = signal<string | null>(null);
  readonly filter = signal<Partial<Filter>>({});
  /** What is searched for. */
  readonly query = signal("");
  private asked = 0;
  private pages = 0;

  constructor(private readonly read: Read<Item, Filter>) {}

  /** Show what matches `query`; of several searches the last one counts. */
  async search(query: string = this.query.peek()): Promise<void> {
    this.query.value = query.trim();
    await this.take(null, (page) => page);
  }

  /** Show what `filter` lets through, in the order that it asks for. */
  async choose(filter: Partial<Filter>): Promise<void> {
    this.filter.value = filter;
    await this.search();
  }

  /** Read again what is shown, unless more than one page is. */
  async refresh(): Promise<void> {
    if (this.pages <= 1 && !this.isLoading.peek()) await this.search();
  }

  /** Read on; a page that is under way is waited for by itself. */
  async more(): Promise<void> {
    const cursor = this.cursor.peek();
    if (cursor === null || this.isLoading.peek()) return;
    await this.take(cursor, (page) => {
      const known = new Set(this.items.peek().map(({ id }) => id));
      return [...this.items.peek(), ...page.filter(({ id }) => !known.has(id))];
    });
  }

  /** Put something new, or newer, where it is seen first. */
  prepend(item: Item): void {
    this.items.value = [item, ...this.items.peek().filter((one) => one.id !== item.id)];
  }

  /** Show `item` as it is now, where it is shown. */
  replace(item: Item): void {
    this.items.value = this.items.peek().map((one) => (one.id === item.id ? item : one));
  }

  remove(id: string): void {
    this.items.value = this.items.peek().filter((one) => one.id !== id);
  }

  /** Know nothing: somebody else is here. An answer that is under way is not shown. */
  forget(): void {
    this.asked += 1;
    this.pages = 0;
    this.items.value = [];
    this.cursor.value = null;
    this.filter.value = {};
    this.query.value = "";
    this.isKnown.value = this.isLoading.value = false;
  }

  private async take(
    cursor: string | null,
    merged: (page: readonly Item[]) => readonly Item[],
  ): Promise<void> {
    const number = (this.asked += 1);
    this.isLoading.value = true;
    try {
      const { data, meta } = await this.read(this.question(cursor));
      if (number !== this.asked) return;
      this.items.value = merged(data);
      this.pages = cursor === null ? 1 : this.pages + 1;
      this.cursor.value = meta.nextCursor ?? null;
      this.isKnown.value = true;
    } finally {
      if (number === this.asked) this.isLoading.value = false;
    }
  }

  private question(cursor: string | null): Asked<Filter> {
    const query = this.query.peek();
    return {
      ...this.filter.peek(),
      ...(query === "" ? {} : { query }),
      ...(cursor === null ? {} : { cursor }),
    } as Asked<Filter>;
  }
}
