import { useRef } from "preact/hooks";

const PAUSE_MS = 250;

/** A search field that asks when one stops typing. */
export function Search({ label, onSearch }: { label: string; onSearch: (query: string) => void }) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return (
    <input
      type="search"
      class="search"
      aria-label={label}
      placeholder={label}
      maxLength={64}
      onInput={(event) => {
        const { value } = event.currentTarget;
        clearTimeout(timer.current);
        timer.current = setTimeout(() => onSearch(value), PAUSE_MS);
      }}
    />
  );
}
