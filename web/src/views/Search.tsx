import { useRef } from "preact/hooks";

const PAUSE_MS = 250;

interface SearchProps {
  readonly label: string;
  /** What is searched for already. */
  readonly value?: string;
  readonly onSearch: (query: string) => void;
  readonly "data-testid"?: string;
}

/** A search field that asks when one stops typing. */
export function Search({ label, value = "", onSearch, ...rest }: SearchProps) {
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  return (
    <input
      type="search"
      {...rest}
      defaultValue={value}
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
