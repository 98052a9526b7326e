import { useEffect } from "preact/hooks";
import { connection, watch } from "../app";

/** Read something when it is looked at, and again after every reconnection. */
export function useOnline(read: () => Promise<unknown>, dependencies: readonly unknown[] = []): void {
  const isOnline = connection.status.value === "online";
  useEffect(() => {
    if (isOnline) watch(read());
  }, [isOnline, ...dependencies]);
}
