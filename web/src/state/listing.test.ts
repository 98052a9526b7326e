import { describe, expect, it } from "vitest";
import { Listing, type Page } from "./listing";

type Item = { readonly id: string };

/** A list whose answers the test gives, in the order it likes. */
function open() {
  const asked: { query?: string; cursor?: string }[] = [];
  const answers: ((page: Page<Item>) => void)[] = [];
  const listing = new Listing<Item>((question) => {
    asked.push(question);
    return new Promise((resolve) => answers.push(resolve));
  });
  const page = (ids: string, nextCursor: string | null = null): Page<Item> => ({
    data: [...ids].map((id) => ({ id })),
    meta: { nextCursor },
  });
  const shown = (): string => listing.items.value.map(({ id }) => id).join("");
  return { listing, asked, answers, page, shown };
}

describe("a list", () => {
  it("grows page by page", async () => {
    const { listing, asked, answers, page, shown } = open();
    const first = listing.search(" jazz ");
    answers[0]!(page("ab", "next"));
    await first;
    const second = listing.more();
    answers[1]!(page("c"));
    await second;
    expect(asked).toEqual([{ query: "jazz" }, { query: "jazz", cursor: "next" }]);
    expect(shown()).toBe("abc");
    expect(listing.cursor.value).toBeNull();
  });

  it("shows the last search, whichever answer comes last", async () => {
    const { listing, answers, page, shown } = open();
    const searches = [listing.search("a"), listing.search("ab")];
    answers[1]!(page("new"));
    answers[0]!(page("old"));
    await Promise.all(searches);
    expect(shown()).toBe("new");
    expect(listing.isLoading.value).toBe(false);
  });

  it("shows something new first, and once", async () => {
    const { listing, answers, page, shown } = open();
    const search = listing.search();
    answers[0]!(page("ab"));
    await search;
    listing.prepend({ id: "b" });
    expect(shown()).toBe("ba");
  });
});
