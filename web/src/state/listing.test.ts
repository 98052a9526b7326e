import { describe, expect, it } from "vitest";
import { Listing, type Page } from "./listing";

type Item = { readonly id: string };

/** A list whose answers the test gives, in the order it likes. */
function open() {
  const asked: object[] = [];
  const answers: ((page: Page<Item>) => void)[] = [];
  const listing = new Listing<Item, { readonly sort: string }>((question) => {
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

  it("is filtered and ordered, also on the pages that follow", async () => {
    const { listing, asked, answers, page, shown } = open();
    const first = listing.choose({ sort: "name" });
    answers[0]!(page("ab", "next"));
    await first;
    const second = listing.more();
    answers[1]!(page("bc"));
    await second;
    expect(asked).toEqual([{ sort: "name" }, { sort: "name", cursor: "next" }]);
    expect(shown()).toBe("abc");
  });

  it("reads a page once, however often one scrolls to its end", async () => {
    const { listing, asked, answers, page } = open();
    const first = listing.search();
    answers[0]!(page("a", "next"));
    await first;
    void listing.more();
    void listing.more();
    expect(asked).toHaveLength(2);
  });

  it("follows the changes of what it shows", async () => {
    const { listing, answers, page } = open();
    const search = listing.search();
    answers[0]!(page("ab"));
    await search;
    const newer = { id: "b", name: "new" };
    listing.replace(newer);
    listing.replace({ id: "c" });
    listing.remove("a");
    expect(listing.items.value).toEqual([newer]);
  });

  it("shows nothing of what was under way for somebody who has gone", async () => {
    const { listing, answers, page, shown } = open();
    const search = listing.search("secret");
    listing.forget();
    answers[0]!(page("ab"));
    await search;
    expect([shown(), listing.isKnown.value, listing.isLoading.value]).toEqual(["", false, false]);
  });
});
