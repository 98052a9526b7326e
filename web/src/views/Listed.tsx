import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { watch } from "../app";
import type { Listing } from "../state/listing";

interface Properties<Item extends { readonly id: string }> {
  readonly from: Listing<Item>;
  /** The list's class. */
  readonly as: string;
  /** What is said before the first answer, and where there is nothing. */
  readonly looking: string;
  readonly none: string;
  readonly children: (item: Item) => ComponentChildren;
}

/** A listing as far as it has been read, and the way to read on. */
export function Listed<Item extends { readonly id: string }>({ from, as, looking, none, children }: Properties<Item>) {
  const items = from.items.value;
  if (!from.isKnown.value) return <p class="empty">{looking}</p>;
  if (items.length === 0) return <p class="empty">{none}</p>;
  return (
    <>
      <ul class={as}>{items.map(children)}</ul>
      {from.cursor.value && <More key={items.length} read={() => watch(from.more())} />}
    </>
  );
}

/** Reads on when it comes into view, and for those who never scroll, when it is pressed. */
export function More({ read }: { read: () => void }) {
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && read());
    observer.observe(button.current!);
    return () => observer.disconnect();
  }, []);
  return <button ref={button} type="button" class="wide" onClick={read}>Show more</button>;
}
