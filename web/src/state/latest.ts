/** Values with a version, of which an older one may come after a newer one. */

import { type Signal, signal } from "@preact/signals";

export interface Versioned {
  readonly roomId: string;
  readonly version: number;
}

export class Latest<Value extends Versioned> {
  readonly signal: Signal<Value | null> = signal(null);

  /** Take `value` unless a newer one of the same room is known; false when it was not taken. */
  offer(value: Value): boolean {
    const known = this.signal.peek();
    if (known?.roomId === value.roomId && known.version >= value.version) return false;
    this.signal.value = value;
    return true;
  }

  forget(): void {
    this.signal.value = null;
  }
}
