/** Setting up a second factor, step by step: password, QR code, recovery codes. */

import { signal } from "@preact/signals";
import type { Calls } from "../api/calls";
import type { TwoFactorKey } from "../api/types";

export type TwoFactorStep =
  | { readonly step: "idle" }
  /** The secret is to be taken into an app, and a code of it to be typed. */
  | { readonly step: "scan"; readonly key: TwoFactorKey }
  /** It is on; the codes are shown this once. */
  | { readonly step: "codes"; readonly recoveryCodes: readonly string[] };

const IDLE: TwoFactorStep = { step: "idle" };

export class TwoFactor {
  readonly at = signal<TwoFactorStep>(IDLE);

  /** `switched` hears whether the account has a second factor now. */
  constructor(
    private readonly calls: Calls,
    private readonly switched: (isOn: boolean) => void,
  ) {}

  async begin(password: string): Promise<void> {
    const key = await this.calls.call("two_factor:setup", password === "" ? {} : { password });
    this.at.value = { step: "scan", key };
  }

  /** Turn it on with the first code of the app. */
  async enable(code: string): Promise<void> {
    const { recoveryCodes } = await this.calls.call("two_factor:enable", { code: digits(code) });
    this.at.value = { step: "codes", recoveryCodes };
    this.switched(true);
  }

  /** Turn it off with a code of the app, or a recovery code. */
  async disable(password: string, code: string): Promise<void> {
    const secret = password === "" ? {} : { password };
    await this.calls.call("two_factor:disable", { ...secret, code: digits(code) });
    this.close();
    this.switched(false);
  }

  /** Forget the secret and the codes. */
  close(): void {
    this.at.value = IDLE;
  }
}

/** Apps show codes in groups, and people copy the gaps too. */
export function digits(code: string): string {
  return code.replace(/\s/g, "");
}

/** An address for an `<img>`: as an image an SVG runs no scripts. */
export function imageOf(svg: string): string {
  const bytes = new TextEncoder().encode(svg);
  return `data:image/svg+xml;base64,${btoa(String.fromCharCode(...bytes))}`;
}
